//! A world: three offices and a street on a simulated network, moved on step by step by a director who stands outside of it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use interoffice::simulation::{self, Office};
use interoffice_certs::OfficeKeys;
use quinn::{Endpoint, EndpointConfig, TokioRuntime};
use tempfile::TempDir;
use tokio::sync::Notify;
use turmoil::Sim;

use crate::home::{BEGIN_MS, NAMES, OFFICES, Template, address, host, template};
use crate::network::{Network, Socket, Voice};
use crate::random::Random;
use crate::steady::{Handshakes, configs};

/// How finely time moves: messages arrive at these steps, timers run between them.
pub const TICK: Duration = Duration::from_millis(5);
/// The host from which strangers call.
pub const STREET: &str = "street";

type Job = Box<dyn FnOnce(Street) -> Pin<Box<dyn Future<Output = ()>>>>;

/// An office that runs, as the director sees it.
#[derive(Clone)]
pub struct Running {
    /// The office.
    pub office: Office,
    /// Its endpoint.
    pub endpoint: Endpoint,
}

type Desk = Rc<RefCell<Option<Running>>>;

/// Where strangers stand.
#[derive(Clone)]
pub struct Street {
    /// The network.
    pub network: Network,
    /// The handshakes of all callers.
    pub handshakes: Handshakes,
    /// The offices.
    pub template: Arc<Template>,
    seeds: Rc<RefCell<Random>>,
}

impl Street {
    /// A new endpoint with these keys, at any port of the street.
    ///
    /// # Panics
    /// When the street has no port left.
    pub async fn endpoint(&self, keys: &OfficeKeys) -> Endpoint {
        self.endpoint_with_voice(keys).await.0
    }

    /// The same, whose voice can be taken away.
    ///
    /// # Panics
    /// When the street has no port left.
    pub async fn endpoint_with_voice(&self, keys: &OfficeKeys) -> (Endpoint, Voice) {
        let seed = self.seeds.borrow_mut().bytes();
        open(&self.network, host(OFFICES), 0, keys, &self.handshakes, seed).await
    }

    /// A number by chance.
    pub fn below(&self, bound: u64) -> u64 {
        self.seeds.borrow_mut().below(bound)
    }
}

#[derive(Clone, Default)]
struct Jobs {
    waiting: Rc<RefCell<VecDeque<Job>>>,
    arrived: Rc<Notify>,
    open: Rc<Cell<usize>>,
}

/// An endpoint with the limits and the TLS of the peer door.
async fn open(network: &Network, at: Ipv4Addr, port: u16, keys: &OfficeKeys, handshakes: &Handshakes, seed: [u8; 32]) -> (Endpoint, Voice) {
    let (server, client) = configs(keys, handshakes);
    let socket = Arc::new(Socket::bind(network, at, port).await.expect("the port is free"));
    let voice = socket.voice();
    let mut config = EndpointConfig::default();
    config.rng_seed(Some(seed));
    let mut endpoint = Endpoint::new_with_abstract_socket(config, Some(server), socket, Arc::new(TokioRuntime)).expect("an endpoint");
    endpoint.set_default_client_config(client);
    (endpoint, voice)
}

/// Takes an office's things off the desk when its host goes down.
struct Leaves(Desk);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.borrow_mut().take();
    }
}

/// The world of one seed.
pub struct World {
    sim: Sim<'static>,
    /// The network.
    pub network: Network,
    /// The handshakes of all callers, offices and strangers.
    pub handshakes: Handshakes,
    /// The offices.
    pub template: Arc<Template>,
    folders: TempDir,
    desks: [Desk; OFFICES],
    jobs: Jobs,
    elapsed: Rc<Cell<Duration>>,
    /// Chance of the director.
    pub random: Random,
}

/// The result of something that waits for nothing, since the store's work is done by who asks.
///
/// # Panics
/// When it does wait.
pub fn at_once<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the store of a simulated office waits for nobody"),
    }
}

impl World {
    /// A world with all offices down. `latency_ms` is the shortest and the longest way of a message.
    pub fn new(seed: u64, latency_ms: (u64, u64)) -> Self {
        let template = template();
        let network = Network::new(seed);
        let handshakes = Handshakes::default();
        let elapsed = Rc::new(Cell::new(Duration::ZERO));
        pretend(seed, elapsed.clone());
        let mut sim = turmoil::Builder::new()
            .rng_seed(seed)
            .tick_duration(TICK)
            .simulation_duration(Duration::from_secs(100_000))
            .min_message_latency(Duration::from_millis(latency_ms.0))
            .max_message_latency(Duration::from_millis(latency_ms.1))
            .udp_capacity(8_192)
            .build();
        let folders = template.copy();
        let desks: [Desk; OFFICES] = std::array::from_fn(|_| Desk::default());
        for number in 0..OFFICES {
            let folder = folders.path().join(NAMES[number]);
            let place = Place { number, folder, network: network.clone(), handshakes: handshakes.clone(), desk: desks[number].clone() };
            let seeds = Rc::new(RefCell::new(Random::new(seed, 100 + number as u64)));
            sim.host(NAMES[number], move || serve(place.clone(), seeds.borrow_mut().bytes()));
        }
        let jobs = Jobs::default();
        let seeds = Rc::new(RefCell::new(Random::new(seed, 200)));
        let street = Street { network: network.clone(), handshakes: handshakes.clone(), template: template.clone(), seeds };
        let waiting = jobs.clone();
        sim.host(STREET, move || work(street.clone(), waiting.clone()));
        let mut world = Self { sim, network, handshakes, template, folders, desks, jobs, elapsed, random: Random::new(seed, 2) };
        for number in 0..OFFICES {
            world.crash(number);
        }
        world
    }

    /// How long the world has run.
    pub fn elapsed(&self) -> Duration {
        self.elapsed.get()
    }

    /// The data folder of an office.
    pub fn folder(&self, office: usize) -> PathBuf {
        self.folders.path().join(NAMES[office])
    }

    /// Moves on by one step.
    ///
    /// # Panics
    /// When a host failed.
    pub fn step(&mut self) {
        self.sim.step().expect("no host fails");
        self.elapsed.set(self.sim.elapsed());
    }

    /// Moves on for a while.
    pub fn run_for(&mut self, time: Duration) {
        let end = self.elapsed() + time;
        while self.elapsed() < end {
            self.step();
        }
    }

    /// Moves on until something holds; `false` when it does not within `longest`. It is looked at every 50 milliseconds.
    pub fn run_until(&mut self, longest: Duration, mut holds: impl FnMut(&Self) -> bool) -> bool {
        let end = self.elapsed() + longest;
        loop {
            if holds(self) {
                return true;
            }
            if self.elapsed() >= end {
                return false;
            }
            self.run_for(Duration::from_millis(50));
        }
    }

    /// An office, while it runs.
    pub fn running(&self, office: usize) -> Option<Running> {
        self.desks[office].borrow().clone()
    }

    /// Starts an office that is down.
    pub fn start(&mut self, office: usize) {
        self.sim.bounce(NAMES[office]);
    }

    /// Ends an office without a word: what it sent last is on its way, and nothing follows.
    pub fn crash(&mut self, office: usize) {
        self.sim.crash(NAMES[office]);
    }

    /// Ends an office as SIGTERM does, and waits for it; `false` when it takes longer than five seconds.
    pub fn stop(&mut self, office: usize) -> bool {
        if let Some(running) = self.running(office) {
            running.office.stop();
        }
        let down = self.run_until(Duration::from_secs(5), |world| world.running(office).is_none());
        self.crash(office);
        down
    }

    /// Cuts both directions between two offices.
    pub fn cut(&self, a: usize, b: usize) {
        self.sim.partition(NAMES[a], NAMES[b]);
    }

    /// Cuts what one office sends another.
    pub fn cut_one_way(&self, from: usize, to: usize) {
        self.sim.partition_oneway(NAMES[from], NAMES[to]);
    }

    /// Mends both directions.
    pub fn mend(&self, a: usize, b: usize) {
        self.sim.repair(NAMES[a], NAMES[b]);
    }

    /// Keeps everything that two offices send each other until [`World::release`].
    pub fn hold(&self, a: usize, b: usize) {
        self.sim.hold(NAMES[a], NAMES[b]);
    }

    /// Delivers what was held at once.
    pub fn release(&self, a: usize, b: usize) {
        self.sim.release(NAMES[a], NAMES[b]);
    }

    /// Messages take no longer than this from now on.
    pub fn set_latency(&self, longest: Duration) {
        self.sim.set_max_message_latency(longest);
    }

    /// Has something done in the street.
    pub fn in_the_street<F, Fut>(&self, job: F)
    where
        F: FnOnce(Street) -> Fut + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        self.jobs.open.set(self.jobs.open.get() + 1);
        self.jobs.waiting.borrow_mut().push_back(Box::new(move |street| Box::pin(job(street))));
        self.jobs.arrived.notify_one();
    }

    /// How many jobs in the street are not done.
    pub fn jobs(&self) -> usize {
        self.jobs.open.get()
    }
}

fn pretend(seed: u64, elapsed: Rc<Cell<Duration>>) {
    let mut random = Random::new(seed, 3);
    let now_ms = move || {
        let elapsed = turmoil::sim_elapsed().unwrap_or_else(|| elapsed.get());
        BEGIN_MS + i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
    };
    simulation::pretend(now_ms, move |bytes| random.fill(bytes));
}

#[derive(Clone)]
struct Place {
    number: usize,
    folder: PathBuf,
    network: Network,
    handshakes: Handshakes,
    desk: Desk,
}

async fn serve(place: Place, seed: [u8; 32]) -> turmoil::Result {
    let keys = OfficeKeys::load(&place.folder)?;
    let at = address(place.number);
    let (endpoint, _) = open(&place.network, host(place.number), at.port(), &keys, &place.handshakes, seed).await;
    let office = Office::open(&place.folder, keys, vec![at.to_string()], endpoint.clone())?;
    let _leaves = Leaves(place.desk.clone());
    let doors = office.start();
    *place.desk.borrow_mut() = Some(Running { office, endpoint });
    doors.await?;
    Ok(())
}

async fn work(street: Street, jobs: Jobs) -> turmoil::Result {
    loop {
        let job = jobs.waiting.borrow_mut().pop_front();
        let Some(job) = job else {
            jobs.arrived.notified().await;
            continue;
        };
        let (street, open) = (street.clone(), jobs.open.clone());
        tokio::task::spawn_local(async move {
            job(street).await;
            open.set(open.get() - 1);
        });
    }
}
