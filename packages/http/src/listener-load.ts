/** What a listener has in work at this moment: plain numbers, which whoever wants to know reads. */
export interface ListenerLoad {
  /** Requests that were taken and are not answered yet; not those whose answer is a stream that has begun. */
  requests: number
  /** Answers without an end that are open. */
  streams: number
}
