/**
 * RVP on paper: URLs, methods, headers, XML bodies, MIME payloads, access lists and status codes. Pure functions over text;
 * no input or output, and nothing of Node, so that it runs unchanged in a browser.
 */
export {
  type AccessListKind,
  type AccessSubject,
  defaultAccessList,
  effectiveAccessList,
  isAllowed,
  mergeAccessList,
} from './access-evaluation.ts'
export {
  type AccessEntry,
  type AccessList,
  type AccessRight,
  type AclPrincipal,
  accessRights,
  type CredentialKind,
  credentialKinds,
  maxAccessEntries,
  principalKey,
} from './access-list.ts'
export { parseAccessList, writeAccessList } from './access-list-xml.ts'
export { type ContactList, type ListedContact, parseContacts, writeContacts } from './contacts.ts'
export { detached } from './detached-text.ts'
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
  fileTransferGuid,
  type Invitation,
  invitationPayload,
  joinConversationPayload,
  leavePayload,
  parseInvitationFields,
  textPayload,
  typingPayload,
} from './mime-builders.ts'
export {
  type MimePayload,
  type PayloadKind,
  parseMimePayload,
  payloadHeader,
  payloadKindOf,
  repairMimePayload,
} from './mime-payload.ts'
export {
  type Multistatus,
  type Propstat,
  parseMultistatus,
  type ReportedProperty,
  writeMultistatus,
} from './multistatus.ts'
export { aclNamespace, canonicalNamespace, davNamespace, parleyNamespace, rvpNamespace } from './namespaces.ts'
export {
  type ApplicationItem,
  type Contact,
  type MessageItem,
  type NotificationItem,
  type NotifiedProperty,
  type PropNotificationItem,
  parseNotification,
} from './notification.ts'
export {
  type CallBack,
  parseAckType,
  parseCallBack,
  parseHopCount,
  parseLifetimeSeconds,
  parseNotificationType,
  parseSubscriptionId,
} from './notification-headers.ts'
export {
  type OutgoingMessage,
  PropNotificationTemplate,
  writeApplicationNotification,
  writeMessage,
  writePropNotification,
  writePropNotificationOf,
} from './notification-writer.ts'
export {
  isPresenceState,
  type PresenceState,
  presenceStates,
  type VisibleState,
  visibleState,
} from './presence-state.ts'
export { type PropertyName, propertyNameOf, propertyNames } from './property-name.ts'
export {
  type PropertyChange,
  parsePropertyUpdate,
  type StateUpdate,
  writePropertyRemove,
  writePropertySet,
  writeStateUpdate,
} from './property-update.ts'
export { type PropfindQuery, parsePropfind, writePropfind } from './propfind.ts'
export {
  BadRequestError,
  ForbiddenError,
  LoopDetectedError,
  MethodNotAllowedError,
  NotFoundError,
  NotImplementedError,
  PayloadTooLargeError,
  PreconditionFailedError,
  RecipientLeftError,
  RecipientUnavailableError,
  RequestTimeoutError,
  RvpError,
  TooManyRequestsError,
  UnavailableError,
  UnsupportedMediaTypeError,
} from './rvp-error.ts'
export { type LeasedState, leasedStateXml, parseStateElement, type StateReport, stateXml } from './state-xml.ts'
export { reasonPhrase } from './status.ts'
export { parseSubscriptions, type SubscriptionListing, writeSubscriptions } from './subscriptions.ts'
export {
  attributeOf,
  childElements,
  findChild,
  findChildren,
  trimmedText,
  verbatimText,
  type XmlAttribute,
  type XmlElement,
} from './xml-element.ts'
export { defaultXmlLimits, parseXml, type XmlLimits } from './xml-reader.ts'
export { cdata, elementXml, escapeAttribute, escapeText, innerXml } from './xml-writer.ts'
