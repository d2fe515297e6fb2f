/** Reason phrases as RVP §8 spells them; for the rest, RFC 9110's. */
const reasons: Readonly<Record<number, string>> = {
  200: 'Successful',
  207: 'Multi-Status',
  302: 'Object Moved',
  400: 'Bad Request',
  401: 'Access Denied',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'HTTP Version Not Supported',
  508: 'Loop Detected',
}

/** The reason phrase of a status line (RVP §8). */
export function reasonPhrase(status: number): string {
  return reasons[status] ?? 'Unknown'
}
