import type { AuditException } from './advisories.ts'

/** Advisories that do not count, each with a reason and a last day; then it must be looked at again. docs/releasing.md has the rules. */
export const auditExceptions: readonly AuditException[] = []
