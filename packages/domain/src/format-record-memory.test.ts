import { formatRecordContract } from './contracts/format-record-contract.ts'
import { FormatRecordMemory } from './format-record-memory.ts'

formatRecordContract(async () => {
  let isEmpty = true
  const record = new FormatRecordMemory(() => isEmpty)
  return {
    record,
    other: record,
    fill: async () => {
      isEmpty = false
    },
  }
})
