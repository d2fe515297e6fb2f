/**
 * RVP on paper: URLs, methods, headers, XML bodies, MIME payloads, access lists and status codes. Pure functions over text;
 * no input or output, and nothing of Node, so that it runs unchanged in a browser.
 */
export {
  type AccessEntry,
  type AccessList,
  type AccessRight,
  type AclPrincipal,
  accessRights,
  type CredentialKind,
  credentialKinds,
} from './access-list.ts'
export { type AckType, header, type NotificationType, notificationsVersion, xmlContentType } from './header.ts'
export {
  aliasesPrefix,
  aliasOf,
  domainOf,
  hostOf,
  isAliasPath,
  isAuthority,
  type LogicalUrl,
  logicalUrlOf,
  parseLogicalUrl,
  parseNodePath,
  parsePhysicalPath,
  parseSpelledUrl,
  pathOf,
  physicalPathOf,
  type SpelledUrl,
  userUrl,
} from './logical-url.ts'
export { isRvpMethod, type RvpMethod, rvpMethods } from './method.ts'
export {
  isPresenceState,
  type PresenceState,
  presenceStates,
  type VisibleState,
  visibleState,
} from './presence-state.ts'
export {
  BadRequestError,
  ForbiddenError,
  LoopDetectedError,
  MethodNotAllowedError,
  NotFoundError,
  NotImplementedError,
  PayloadTooLargeError,
  PreconditionFailedError,
  RecipientUnavailableError,
  RequestTimeoutError,
  RvpError,
  TooManyRequestsError,
  UnavailableError,
  UnsupportedMediaTypeError,
} from './rvp-error.ts'
export { reasonPhrase } from './status.ts'
