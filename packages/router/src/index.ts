/** The stateless router. */
export {}
