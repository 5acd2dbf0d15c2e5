/** Ways to the network: there is `lo` and nothing else (S2, H3). */
import { all, type Attempt } from "../attempt.ts";

const connect = (name: string, address: string, seen: RegExp): Attempt => ({
  name,
  invariant: "S2",
  bound: "no interface but lo, no route",
  script: `timeout 5 socat -T3 - "${address}" </dev/null && echo ESCAPED; echo tried`,
  seen,
});
const UNREACHABLE = /Network is unreachable[\s\S]*tried/;
const REFUSED = /Connection refused[\s\S]*tried/;

export const network: readonly Attempt[] = [
  connect("a TCP connection to a public address", "TCP:93.184.215.14:80,connect-timeout=3", UNREACHABLE),
  connect(
    "a TCP connection to the host's address",
    "TCP:$HOST_ADDRESS:$PORT_ANY,connect-timeout=3",
    UNREACHABLE,
  ),
  connect(
    "a TCP connection to the host's loopback",
    "TCP:127.0.0.1:$PORT_LOOPBACK,connect-timeout=3",
    REFUSED,
  ),
  connect("a TCP connection to 0.0.0.0", "TCP:0.0.0.0:$PORT_ANY,connect-timeout=3", REFUSED),
  connect(
    "a TCP connection over IPv6",
    "TCP6:[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:80,connect-timeout=3",
    UNREACHABLE,
  ),
  connect(
    "a TCP connection to ::1",
    "TCP6:[::1]:$PORT_IPV6,connect-timeout=3",
    /(Connection refused|Cannot assign)[\s\S]*tried/,
  ),
  connect(
    "a connection to the cloud's metadata address",
    "TCP:169.254.169.254:80,connect-timeout=3",
    UNREACHABLE,
  ),
  connect(
    "a connection to the usual address of a container's host",
    "TCP:10.0.2.2:$PORT_ANY,connect-timeout=3",
    UNREACHABLE,
  ),
  connect("a connection to the control plane itself", "TCP:127.0.0.1:$PLANE_PORT,connect-timeout=3", REFUSED),
  connect(
    "a connection to the model's provider itself",
    "TCP:127.0.0.1:$MODEL_PORT,connect-timeout=3",
    REFUSED,
  ),
  connect("an abstract socket of the host", "ABSTRACT-CONNECT:$BAIT_ABSTRACT", REFUSED),
  connect("an abstract socket of another sandbox", "ABSTRACT-CONNECT:neighbour", REFUSED),
  connect("a port on another sandbox's loopback", "TCP:127.0.0.1:7999,connect-timeout=3", REFUSED),
  ...all({ invariant: "S2", bound: "no interface but lo, no route" }, [
    {
      name: "datagrams to the host and to a name server",
      invariant: "S2",
      bound: "no interface but lo, no route",
      script: `for to in "$HOST_ADDRESS:$PORT_UDP" "127.0.0.1:$PORT_UDP" 8.8.8.8:53; do
        echo x | timeout 3 socat -t1 - UDP:$to; done; echo tried`,
      seen: /Network is unreachable[\s\S]*tried/,
    },
    {
      name: "the resolution of a name",
      invariant: "S2",
      bound: "no interface but lo, no route",
      script:
        `deno eval --no-config 'try { console.log("ESCAPED", await Deno.resolveDns("example.com", "A")) } catch (e) { console.log("no:", e.message) }
        for (const host of ["example.com", "host.containers.internal", "gateway.docker.internal"]) try { (await Deno.connect({ hostname: host, port: 80 })).close(); console.log("ESCAPED") } catch (e) { console.log("no:", e.message.slice(0, 80)) }'`,
      seen: /^(no: .*\n){4}/m,
    },
    {
      name: "an interface, an address or a route of its own",
      invariant: "S2",
      bound: "no capability over the network namespace",
      script:
        `ip link add d0 type dummy; ip addr add 10.1.2.3/24 dev lo; ip route add default dev lo; ip link set lo down
        ls /sys/class/net; tail -n +2 /proc/net/route | wc -l`,
      seen: /(Operation not permitted[\s\S]*){4}\nlo\n0\n/,
    },
    {
      name: "a low port, to stand in for another service",
      invariant: "S2",
      bound: "no address but loopback of its own namespace",
      script:
        `timeout 1 socat TCP-LISTEN:80,bind=0.0.0.0 - </dev/null & sleep 0.3; cat /proc/net/fib_trie | grep -c "|-- 127.0.0.1"; cat /proc/net/dev | tail -n +3 | wc -l; wait`,
      seen: /^1\n/m,
    },
  ]),
];
