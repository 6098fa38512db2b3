/** Which addresses are on the public internet: the only ones the server contacts for somebody who does not run it. */
import { BlockList, isIP } from 'node:net';

const notPublic = new BlockList();
const ranges4 = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier NAT; some clouds keep their metadata here
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local, with the clouds' metadata
  ['168.63.129.16', 32], // a cloud's host agent, at a public-looking address
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;
for (const [address, bits] of ranges4) notPublic.addSubnet(address, bits, 'ipv4');

/** Only 2000::/3 is global unicast; inside it these lead elsewhere (tunnels to IPv4, documentation). */
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
const ranges6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;
for (const [address, bits] of ranges6) notPublic.addSubnet(address, bits, 'ipv6');

/** Whether this IP address (not a name) may be contacted for anybody. IPv4 inside IPv6 is refused as a whole. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublic.check(address, 'ipv4');
  if (family === 6) return global6.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
  return false;
}
