/** Traces with OpenTelemetry, exported over OTLP/HTTP. */
export { type OtelTracer, type OtelTracerOptions, openTracer, type TracingEvents } from './open-tracer.ts'
