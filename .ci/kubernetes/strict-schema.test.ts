import { describe, expect, it } from 'vitest'
import { strictSchema } from './strict-schema.ts'

describe('a strict schema', () => {
  it('refuses properties that nobody described, at every level', () => {
    const port = { type: 'object', properties: { port: { type: 'integer', format: 'int32' } } }
    const schema = strictSchema({
      type: 'object',
      description: 'A service.',
      required: ['ports'],
      properties: { ports: { type: 'array', items: port } },
    })
    expect(schema).toEqual({
      type: 'object',
      required: ['ports'],
      properties: {
        ports: {
          type: 'array',
          items: { type: 'object', properties: { port: { type: 'integer' } }, additionalProperties: false },
        },
      },
      additionalProperties: false,
    })
  })

  it('leaves maps and what is open as they are', () => {
    const labels = { type: 'object', additionalProperties: { type: 'string' } }
    expect(strictSchema(labels)).toEqual(labels)
    expect(
      strictSchema({
        type: 'object',
        properties: { known: { type: 'string' } },
        'x-kubernetes-preserve-unknown-fields': true,
      }),
    ).toEqual({ type: 'object', properties: { known: { type: 'string' } } })
  })

  it('takes numbers and strings for what may be either', () => {
    expect(strictSchema({ type: 'string', format: 'int-or-string' })).toEqual({ type: ['integer', 'string'] })
    const custom = { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }
    expect(strictSchema(custom)).toEqual({
      type: ['integer', 'string'],
      anyOf: [{ type: 'integer' }, { type: 'string' }],
    })
  })

  it('takes null only where it is allowed', () => {
    expect(strictSchema({ type: 'string', enum: ['a'], nullable: true })).toEqual({
      type: ['string', 'null'],
      enum: ['a', null],
    })
    expect(strictSchema({ type: 'string', nullable: false })).toEqual({ type: 'string' })
  })

  it('is not strict within conditions, which tell a part only', () => {
    const schema = strictSchema({
      type: 'object',
      properties: { a: {}, b: {} },
      oneOf: [{ properties: { a: { enum: ['x'] } } }, { required: ['b'] }],
      not: { properties: { b: { maxLength: 3 } } },
    })
    expect(schema).toMatchObject({
      oneOf: [{ properties: { a: { enum: ['x'] } } }, { required: ['b'] }],
      not: { properties: { b: { maxLength: 3 } } },
      additionalProperties: false,
    })
    expect(JSON.stringify(schema).match(/additionalProperties/g)).toHaveLength(1)
  })

  it('keeps formats that mean something, and no others', () => {
    expect(strictSchema({ type: 'string', format: 'date-time' })).toEqual({ type: 'string', format: 'date-time' })
    expect(strictSchema({ type: 'string', format: 'byte' })).toEqual({ type: 'string' })
  })
})
