import { z } from 'zod'
import { foundSchema, personSchema, problemSchema, searchSchema } from './people-schemas.ts'

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
})

const problems = {
  '400': problem('The request is not well-formed.'),
  '401': { description: 'The caller must prove who it is: WWW-Authenticate says how.' },
  '403': problem('The account may not use IM, or the request comes from a page of another site.'),
  '429': {
    ...problem('Too many searches within a minute, or too many wrong passwords.'),
    headers: { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } },
  },
  '503': problem('The directory map cannot be asked now.'),
}

/** The description of the API that is served (OpenAPI 3.1), made from the schemas that requests are checked with. */
export function peopleOpenApi(root: string, criteria: readonly string[]) {
  const { properties = {} } = z.toJSONSchema(searchSchema(criteria), { io: 'input' })
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley: people',
      version: '1',
      description:
        'Finds users by the beginnings of words of their names. Callers sign in as for RVP: Digest, NTLM, Negotiate, or Basic over TLS.',
    },
    security: [{ http: [] }],
    paths: {
      [`${root}people`]: {
        get: {
          operationId: 'findPeople',
          summary: 'Find people',
          description: 'All that is given must fit; something must be given besides the limit.',
          parameters: Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema })),
          responses: {
            '200': { description: 'Who was found.', content: json('Found') },
            ...problems,
          },
        },
      },
      [`${root}people/{who}`]: {
        get: {
          operationId: 'getPerson',
          summary: 'Who somebody is',
          parameters: [
            {
              name: 'who',
              in: 'path',
              required: true,
              description: 'An alias of the caller’s IM domain, or an IM address.',
              schema: { type: 'string' },
            },
          ],
          responses: {
            '200': { description: 'The user.', content: json('Person') },
            '404': problem('There is no such user, or none whom the caller may find.'),
            ...problems,
          },
        },
      },
      [`${root}openapi.json`]: {
        get: {
          operationId: 'getDescription',
          summary: 'This description',
          responses: { '200': { description: 'OpenAPI 3.1.', content: { 'application/json': {} } } },
        },
      },
    },
    components: {
      securitySchemes: {
        http: {
          type: 'http',
          scheme: 'digest',
          description: 'Digest (RFC 2617); the challenges name the other schemes.',
        },
      },
      schemas: {
        Person: componentOf(personSchema),
        Found: {
          ...componentOf(foundSchema),
          properties: {
            ...componentOf(foundSchema).properties,
            people: { type: 'array', maxItems: 100, items: { $ref: '#/components/schemas/Person' } },
          },
        },
        Problem: componentOf(problemSchema),
      },
    },
  }
}

function json(name: string) {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } }
}

function componentOf(schema: z.ZodType) {
  const { $schema: _, ...component } = z.toJSONSchema(schema)
  return component
}
