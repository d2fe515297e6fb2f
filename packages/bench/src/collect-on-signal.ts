/**
 * For `node --expose-gc --import`: collects garbage on SIGUSR2, so that memory is measured without it. Nothing imports this;
 * it has no exports.
 */
const { gc } = globalThis
if (gc) process.on('SIGUSR2', () => gc())
