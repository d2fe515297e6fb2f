/**
 * What the holder of a home says to the process that names it and asks for it: `handed-over`; `own`: it names the home itself;
 * `too-soon`: it handed the home over not long ago; `leases-away`: nobody could take it now; `not-held`: it does not hold it, or
 * not in the epoch that was asked for, or does not serve it at this moment.
 */
export const handBackAnswers = ['handed-over', 'own', 'too-soon', 'leases-away', 'not-held'] as const

/** See `handBackAnswers`. */
export type HandBackAnswer = (typeof handBackAnswers)[number]
