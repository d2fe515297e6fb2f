import { z } from 'zod'

/** Where traces go, and what of the work is in them. */
export const tracingSection = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be http://HOST:PORT or https://HOST:PORT' })
    .describe('Base URL of an OTLP/HTTP receiver, e.g. http://otel-collector:4318; /v1/traces is added.'),
  ratio: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('Share of the requests of clients that are traced, from 0 to 1.'),
  headersFile: z
    .string()
    .optional()
    .describe('File with headers for the receiver, e.g. a token: a line each, NAME: VALUE.'),
  names: z
    .boolean()
    .default(false)
    .describe('Name the user, the node and the client’s address in traces; nobody is named otherwise.'),
  trustClients: z
    .boolean()
    .default(false)
    .describe('Go on with the trace that a client’s request says it is part of, rather than begin one.'),
})

export type TracingConfig = z.output<typeof tracingSection>
