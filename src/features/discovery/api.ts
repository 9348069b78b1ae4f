/**
 * Discovery, as a program sees it: links that are opened and closed by hand.
 *
 * Implemented by a node in this process and by an attached one; a part of every node.
 */
import type { WaitOptions } from '../../kit/streams.ts';
import type { LinkInfo } from '../../kit/views.ts';

/** Links that are opened and closed by hand. */
export interface DiscoveryApi {
  /**
   * Opens a link to `host:port`, whatever its namespace and this node's degree. Waits 15 s at most (`timeoutMs`): longer
   * than connecting and the handshake take where they succeed. A link that opens later stays.
   * @throws SkeinError SKEIN_SELF, SKEIN_ALREADY_CONNECTED, SKEIN_REFUSED, SKEIN_UNREACHABLE, SKEIN_TIMEOUT, SKEIN_PROTECTED
   */
  dial(address: string, options?: WaitOptions): Promise<LinkInfo>;
  /** Closes the link to a neighbor. @throws SkeinError SKEIN_NOT_LINKED */
  hangup(node: string): Promise<void>;
}
