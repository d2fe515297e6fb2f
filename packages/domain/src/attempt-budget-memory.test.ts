import { AttemptBudgetMemory } from './attempt-budget-memory.ts'
import { ManualClock } from './clock-manual.ts'
import { attemptBudgetContract, contractAttemptTimes } from './contracts/attempt-budget-contract.ts'

attemptBudgetContract(async () => {
  const clock = new ManualClock()
  const budget = new AttemptBudgetMemory(clock, contractAttemptTimes)
  return {
    budget,
    other: budget,
    elapse: async (ms) => clock.elapse(ms + 1),
    [Symbol.asyncDispose]: async () => undefined,
  }
})
