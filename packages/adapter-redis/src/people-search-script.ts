import { script } from './script.ts'

/**
 * Looks people up in the index that people-index.ts describes. KEYS: words, facts. ARGV: JSON of `{words, begin, equal,
 * mostFound, mostLookedAt, mostFacts}`, where `begin` and `equal` are facts. Gives 1 or 0 for whether there are more, then refs.
 *
 * Of all words, that with the fewest members is walked along, and the others are looked for in each member. Where even these are too many,
 * members in which two of the words follow each other come first: those of people with both names.
 */
export const searchScript = script(`
local query = cjson.decode(ARGV[1])
local words = query.words
local sets = {}

-- Keeps to users who have one of the facts in a range; to everybody when it has too many.
local function keepTo(from, to)
  local found = redis.call('ZRANGEBYLEX', KEYS[2], '[' .. from, '(' .. to, 'LIMIT', 0, query.mostFacts + 1)
  if #found > query.mostFacts then return end
  local set = {}
  for _, member in ipairs(found) do
    set[string.match(member, '%z(%d+)$') or ''] = true
  end
  table.insert(sets, #found == 1 and ',' .. next(set) .. ',' or set)
end

for _, start in ipairs(query.begin) do keepTo(start, start .. '\\255') end
for _, fact in ipairs(query.equal) do keepTo(fact .. '\\0', fact .. '\\1') end
for _, set in ipairs(sets) do
  if type(set) == 'table' and next(set) == nil then return {0} end
end

-- As they are found among other words: addresses up to their @.
local others = {}
for i, word in ipairs(words) do others[i] = ' ' .. (string.match(word, '^[^@]*@') or word) end

local function has(facts, set)
  if type(set) == 'string' then return string.find(facts, set, 1, true) end
  for number in string.gmatch(facts, '%d+') do
    if set[number] then return true end
  end
  return false
end

local function fits(member)
  for i, word in ipairs(words) do
    if string.sub(member, 1, #word) ~= word and not string.find(member, others[i], 1, true) then return false end
  end
  if #sets == 0 then return true end
  local facts = string.match(member, '%z([%d,]*)%z') or ''
  for _, set in ipairs(sets) do
    if not has(facts, set) then return false end
  end
  return true
end

local function refOf(member)
  local ref = string.match(member, '%z([^%z]*)$') or ''
  if string.sub(ref, 1, 1) ~= '@' then return ref end
  return (string.match(member, '([^ %z]*)@') or '') .. ref
end

local refs, seen, looked = {}, {}, 0
local function walk(start, most)
  local from, to = '[' .. start, '(' .. start .. '\\255'
  local last = looked + most
  while true do
    local page = redis.call('ZRANGEBYLEX', KEYS[1], from, to, 'LIMIT', 0, 100)
    for _, member in ipairs(page) do
      if looked >= last then return true end
      looked = looked + 1
      if fits(member) then
        local ref = refOf(member)
        if not seen[ref] then
          if #refs == query.mostFound then return true end
          seen[ref] = true
          table.insert(refs, ref)
        end
      end
    end
    if #page < 100 then return false end
    from = '(' .. page[#page]
  end
end

local rarest, fewest = '', math.huge
for _, word in ipairs(words) do
  local count = redis.call('ZLEXCOUNT', KEYS[1], '[' .. word, '(' .. word .. '\\255')
  if count < fewest then rarest, fewest = word, count end
end
if fewest > query.mostLookedAt then
  for i = 1, math.min(#words, 3) do
    for j = 1, math.min(#words, 3) do
      if i ~= j then walk(words[i] .. others[j], query.mostFound) end
    end
  end
end
local more = walk(rarest, query.mostLookedAt)
return {more and 1 or 0, unpack(refs)}
`)
