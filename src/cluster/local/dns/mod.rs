//! The cluster's DNS server: names of Services and of the pods behind them, as Kubernetes defines them.
//!
//! Entry point: [`main`], behind the hidden command `labproof cluster dns`; the node starts it like its
//! other programs, so that nothing that is sent to it can harm the node. It watches Services, Endpoints
//! and Namespaces and answers from memory; [`zone`] knows which name means what.
//!
//! Nothing leads out of a local cluster, so a name outside of its domain does not exist: that is said at
//! once, because some resolvers wait for seconds after any other refusal.

mod answer;
mod objects;
mod zone;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use futures::StreamExt;
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::proto::op::{Edns, Metadata, OpCode, ResponseCode};
use hickory_server::proto::rr::{DNSClass, Record};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use kube::runtime::reflector::{self, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use serde::de::DeserializeOwned;
use tokio::net::{TcpListener, UdpSocket};

use self::answer::Answer;
use self::zone::Zone;
use super::error::LocalError;
use super::kubeconfig::client;

/// The domain below which every name of the cluster is.
pub(crate) const DOMAIN: &str = "cluster.local";

/// A connection that says nothing for this long is closed.
const IDLE: Duration = Duration::from_secs(5);

/// A watch is asked for anew within 290 s; one that is silent for longer is dead.
const WATCH: Duration = Duration::from_secs(295);

/// Responses that may wait for the reader of one connection.
const WAITING: usize = 16;

/// The largest response over UDP; what is larger is asked for again over TCP. It fits into one packet
/// of a pod's link.
const DATAGRAM: u16 = 1232;

/// Answers questions on `listen`, over UDP and TCP, until something goes wrong; listens once it knows
/// the cluster's objects.
///
/// # Errors
/// The API server's address cannot be read, or the sockets fail.
pub async fn main(kubeconfig: &Path, listen: SocketAddr) -> Result<(), LocalError> {
    let client = client(kubeconfig, WATCH)
        .await
        .map_err(|reason| LocalError::io("used", kubeconfig)(std::io::Error::other(reason)))?;
    let zone = Zone::new(watch(client.clone()), watch(client.clone()), watch(client));
    zone.ready().await;
    serve(zone, listen).await
}

async fn serve(zone: Zone, listen: SocketAddr) -> Result<(), LocalError> {
    let address = listen.to_string();
    let failed = || LocalError::io("bound", Path::new(&address));
    let mut server = Server::new(Questions { zone });
    server.register_socket(UdpSocket::bind(listen).await.map_err(failed())?);
    let listener = TcpListener::bind(listen).await.map_err(failed())?;
    server.register_listener(listener, IDLE, WAITING);
    let ended = server.block_until_done().await;
    ended.map_err(|error| failed()(std::io::Error::other(error)))
}

/// Keeps all objects of a kind at hand; while the API server is away they stay as they were.
fn watch<K>(client: Client) -> Store<K>
where
    K: kube::Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
    K: Send + Sync + 'static,
{
    let (store, writer) = reflector::store();
    let events = watcher(Api::<K>::all(client), watcher::Config::default())
        .default_backoff()
        .reflect(writer);
    tokio::spawn(events.for_each(|_| std::future::ready(())));
    store
}

/// Answers what is asked from the zone.
struct Questions {
    zone: Zone,
}

impl Questions {
    fn answer(&self, request: &Request) -> Answer {
        let Ok(info) = request.request_info() else {
            return Answer::of(ResponseCode::FormErr);
        };
        match (info.metadata.op_code, info.query.query_class()) {
            (OpCode::Query, DNSClass::IN) => self
                .zone
                .answer(info.query.original().name(), info.query.query_type()),
            (OpCode::Query, _) => Answer::of(ResponseCode::Refused),
            _ => Answer::of(ResponseCode::NotImp),
        }
    }
}

#[async_trait::async_trait]
impl RequestHandler for Questions {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response: R,
    ) -> ResponseInfo {
        let answer = self.answer(request);
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.response_code = answer.code;
        metadata.authoritative = answer.authoritative;
        // There is nobody else to ask, and tools would warn of a server that does not ask others.
        metadata.recursion_available = true;
        let edns = request.edns.as_ref().map(|asked| {
            let mut edns = Edns::new();
            edns.set_max_payload(asked.max_payload().clamp(512, DATAGRAM));
            edns
        });
        let none: [&Record; 0] = [];
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if let Some(edns) = &edns {
            builder.edns(edns);
        }
        let message = builder.build(
            metadata,
            &answer.records,
            none,
            &answer.authority,
            &answer.additional,
        );
        match response.send_response(message).await {
            Ok(info) => info,
            // Whoever asked is gone, or asks faster than it reads.
            Err(_) => ResponseInfo::from(hickory_server::proto::op::Header {
                metadata,
                counts: Default::default(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_server::proto::op::{Message, MessageType, Query};
    use hickory_server::proto::rr::{Name, RecordType};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// A server of the tests' zone on a free port of the loopback.
    async fn served() -> SocketAddr {
        let port = std::net::UdpSocket::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .unwrap();
        tokio::spawn(serve(super::zone::tests::zone(), port));
        while tokio::net::TcpStream::connect(port).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        port
    }

    fn question(name: &str) -> Vec<u8> {
        let mut message = Message::new(7, MessageType::Query, OpCode::Query);
        message.add_query(Query::query(Name::from_ascii(name).unwrap(), RecordType::A));
        message.to_vec().unwrap()
    }

    async fn ask_udp(server: SocketAddr, question: &[u8]) -> Message {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(question, server).await.unwrap();
        let mut buffer = vec![0; 4096];
        let received = tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut buffer));
        let count = received.await.expect("an answer").unwrap();
        Message::from_vec(&buffer[..count]).unwrap()
    }

    async fn ask_tcp(server: SocketAddr, question: &[u8]) -> Message {
        let mut stream = tokio::net::TcpStream::connect(server).await.unwrap();
        let length = u16::try_from(question.len()).unwrap();
        stream.write_all(&length.to_be_bytes()).await.unwrap();
        stream.write_all(question).await.unwrap();
        let length = stream.read_u16().await.unwrap();
        let mut buffer = vec![0; usize::from(length)];
        stream.read_exact(&mut buffer).await.unwrap();
        Message::from_vec(&buffer).unwrap()
    }

    #[tokio::test]
    async fn what_does_not_fit_into_a_datagram_is_had_over_tcp() {
        let server = served().await;
        let small = question("web.shop.svc.cluster.local.");
        for message in [ask_udp(server, &small).await, ask_tcp(server, &small).await] {
            assert_eq!(message.metadata.response_code, ResponseCode::NoError);
            assert_eq!(message.answers.len(), 1);
            assert!(message.metadata.authoritative && !message.metadata.truncation);
        }
        let large = question("crowd.shop.svc.cluster.local.");
        assert!(ask_udp(server, &large).await.metadata.truncation);
        let whole = ask_tcp(server, &large).await;
        assert_eq!(whole.answers.len(), 100);
        assert!(!whole.metadata.truncation);
    }

    #[tokio::test]
    async fn it_answers_on_after_a_storm_of_random_bytes() {
        let server = served().await;
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let good = question("web.shop.svc.cluster.local.");
        // A fixed sequence, so that what fails once fails again.
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let byte = |number: u64| number.to_le_bytes()[3];
        for round in 0..3000 {
            let mut packet: Vec<u8> = if round % 2 == 0 {
                (0..random() % 600).map(|_| byte(random())).collect()
            } else {
                // Nearly right ones come further.
                good.clone()
            };
            for _ in 0..3 {
                if !packet.is_empty() {
                    let place = usize::try_from(random()).unwrap_or(0) % packet.len();
                    packet[place] = byte(random());
                }
            }
            let _ = socket.send_to(&packet, server).await;
            if round % 100 == 0
                && let Ok(mut stream) = tokio::net::TcpStream::connect(server).await
            {
                let _ = stream.write_all(&packet).await;
            }
            if round % 50 == 0 {
                tokio::task::yield_now().await;
            }
        }
        let message = ask_udp(server, &good).await;
        assert_eq!(message.answers.len(), 1);
        assert_eq!(ask_tcp(server, &good).await.answers.len(), 1);
    }
}
