//! What a deployment must survive, on a real node.

mod common;

use anyhow::{anyhow, Context, Result};
use common::*;
use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::{channel, Receiver, RecvTimeoutError},
        Arc, Mutex,
    },
    thread,
    time::{Duration, Instant},
};
use vilokanam_client::{Call, Client, Options, Until};
use vilokanam_deploy::{deploy, open, plan, Paths, Progress, Record, Short};
use vilokanam_node::{node_binary, Process, Setup};
use vilokanam_suite::{artifacts_dir, CONTRACTS};

const PORT: &str = "VILOKANAM_TEST_PORT";
const RECORD: &str = "VILOKANAM_TEST_RECORD";
const ARTIFACTS: &str = "VILOKANAM_TEST_ARTIFACTS";
const AT: &str = "VILOKANAM_TEST_AT";

/// How long a child may take for something to tell.
const SILENCE: Duration = Duration::from_secs(240);

/// How many transactions an account has sent.
async fn sent_by(client: &Client, key: &vilokanam_client::Key) -> Result<usize> {
    Ok(usize::try_from(
        client.account(&key.account()).await?.nonce,
    )?)
}

/// Not a test of its own: a deployer in a process of its own.
#[tokio::test]
#[ignore = "is started by other tests"]
async fn child() -> Result<()> {
    let Ok(port) = env::var(PORT) else {
        return Ok(());
    };
    let network = network(port.parse()?)?;
    let client = connect(&network).await?;
    let paths = Paths {
        artifacts: env::var(ARTIFACTS)?.into(),
        record: env::var(RECORD)?.into(),
    };
    let at = env::var(AT)?;
    let mut tell = |progress: &Progress<'_>| {
        let told = progress.to_string();
        println!("told: {told}");
        if told.contains(&at) {
            // Not a step further until it is killed.
            thread::sleep(SILENCE);
        }
        Ok(())
    };
    deploy(&client, &network, &paths, &key("//Alice")?, &mut tell).await?;
    Ok(())
}

/// A deployer in another process, and the lines that it prints. Where it tells of something like `at`, it stays.
fn start_child(port: u16, paths: &Paths, at: &str) -> Result<(Child, Receiver<String>)> {
    let mut child = Command::new(env::current_exe()?)
        .args(["child", "--exact", "--ignored", "--nocapture"])
        .env(PORT, port.to_string())
        .env(RECORD, &paths.record)
        .env(ARTIFACTS, &paths.artifacts)
        .env(AT, at)
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().context("its output")?;
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    Ok((child, lines))
}

/// Deploys in another process, and kills that one where it tells of something like `at`. Whether it came to its end.
fn child_until(port: u16, paths: &Paths, at: &str) -> Result<bool> {
    let (mut child, lines) = start_child(port, paths, at)?;
    let killed = loop {
        match lines.recv_timeout(SILENCE) {
            Ok(line) if line.contains("told: ") && line.contains(at) => break Ok(true),
            Ok(_) => {}
            Err(RecvTimeoutError::Disconnected) => break Ok(false),
            Err(RecvTimeoutError::Timeout) => break Err(anyhow!("the deployer says nothing")),
        }
    };
    if !matches!(killed, Ok(false)) {
        child.kill()?; // SIGKILL
    }
    let status = child.wait()?;
    let killed = killed?;
    anyhow::ensure!(
        killed || status.success(),
        "the deployer ended with {status}"
    );
    Ok(!killed)
}

/// The artifacts, as codes of a case's own: with a custom section that names it.
fn artifacts_of(folder: &Folder, case: u8) -> Result<PathBuf> {
    let to = folder.0.join("ink");
    for name in CONTRACTS {
        let file = |dir: &Path| dir.join(name).join(name).with_extension("wasm");
        fs::create_dir_all(to.join(name))?;
        let code = fs::read(file(&artifacts_dir()))?;
        let section: &[u8] = &[0, 3, 1, b'x', case];
        fs::write(file(&to), [&code[..], section].concat())?;
    }
    Ok(to)
}

/// A suite of its own, killed wherever something like `at` is told, until it comes to its end: how often that was.
async fn killed_at(node: &Process, case: u8, at: &str) -> Result<usize> {
    let network = network(node.port())?;
    let client = connect(&network).await?;
    let alice = key("//Alice")?.account();
    let folder = Folder::new()?;
    let paths = Paths {
        artifacts: artifacts_of(&folder, case)?,
        ..folder.paths()
    };
    let planned = open(&client, &network, &paths.artifacts, alice, None).await?;
    assert_eq!(planned.missing().await?.len(), STEPS);
    let nonce = client.account(&alice).await?.nonce;
    let mut kills = 0;
    while !child_until(node.port(), &paths, at)? {
        kills += 1;
        assert!(kills <= STEPS, "it never ends");
        // What always is told, was told before.
        if !at.starts_with(':') {
            put(&client, &network, &paths, &key("//Alice")?).await?;
            break;
        }
    }
    // Nothing was sent twice, nothing is lost, and the addresses are those that were planned.
    let sent = client.account(&alice).await?.nonce - nonce;
    assert_eq!(usize::try_from(sent)?, STEPS, "{at}");
    let record = Record::load(&paths.record)?.context("a record")?;
    assert!(record.complete);
    for contract in &planned.target.contracts {
        assert_eq!(record.address(contract.name)?, contract.address);
        assert!(record.contracts[contract.name].place.is_some());
    }
    assert!(record.codes.values().all(|code| code.place.is_some()));
    assert_eq!(record.messages.len(), MESSAGES);
    assert_eq!(drifts(&client, &network, &paths).await?, [""; 0]);
    Ok(kills)
}

#[tokio::test]
async fn killed_at_every_step() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let network = network(node.port())?;
    let client = connect(&network).await?;
    let alice = key("//Alice")?.account();
    let steps = open(&client, &network, &artifacts_dir(), alice, None).await?;
    let labels = steps.waves().concat();
    let labels: Vec<_> = labels.iter().map(|step| steps.label(*step)).collect();
    assert_eq!(labels.len(), STEPS);
    // One suite that is killed after each transaction; then one that is before the first, and one at each point where the first and
    // the last step of a wave can be left: in a block, and final; the last of those is between the last final step and the end.
    assert_eq!(killed_at(&node, 0, ": sent").await?, STEPS);
    let mut points = vec![format!("{STEPS} steps to do")];
    let waves = steps.waves().map(|wave| wave.len());
    let mut begins = 0;
    for wave in waves {
        for label in [&labels[begins], &labels[begins + wave - 1]] {
            points.push(format!("{label}: in block"));
            points.push(format!("{label}: final"));
        }
        begins += wave;
    }
    for (case, at) in (1..).zip(&points) {
        assert_eq!(killed_at(&node, case, at).await?, 1, "{at}");
    }
    Ok(())
}

#[tokio::test]
async fn node_restarted_in_the_middle() -> Result<()> {
    let Some(binary) = node_binary() else {
        return node(&Setup::default()).map(drop);
    };
    let folder = Folder::new()?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    let setup = Setup {
        port: Some(port),
        folder: Some(folder.0.join("chain")),
        finalize_secs: None,
    };
    let mut node = Some(Process::start_with(&binary, &setup)?);
    let network = network(port)?;
    let client = connect(&network).await?;
    let paths = folder.paths();
    let mut starting = None;
    let mut restart = |progress: &Progress<'_>| {
        let first =
            matches!(progress, Progress::Sent { step, .. } if step.starts_with("instantiate"));
        if let Some(node) = node.take_if(|_| first) {
            node.kill();
            let (binary, setup) = (binary.clone(), setup.clone());
            starting = Some(thread::spawn(move || Process::start_with(&binary, &setup)));
        }
        Ok(())
    };
    let deployed = deploy(&client, &network, &paths, &key("//Alice")?, &mut restart).await?;
    let started = starting.context("it was restarted")?.join();
    let _node = started.expect("no panic")?;
    assert_eq!(deployed.done.len() + deployed.skipped.len(), STEPS);
    assert_eq!(occurred(&client).await?, (CODES, INSTANCES));
    assert_eq!(drifts(&client, &network, &paths).await?, [""; 0]);
    Ok(())
}

/// What to write instead of something as long, in answers.
type Swap = Arc<Mutex<Option<(String, String)>>>;

/// A proxy in front of a node, which can cut its connections, keep answers to itself, or lie.
struct Proxy {
    port: u16,
    open: Arc<Mutex<Vec<TcpStream>>>,
    deaf: Arc<AtomicBool>,
    gone: Arc<AtomicBool>,
    swap: Swap,
    connections: Arc<AtomicU32>,
}

impl Proxy {
    fn new(node: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let proxy = Self {
            port: listener.local_addr()?.port(),
            open: Arc::default(),
            deaf: Arc::default(),
            gone: Arc::default(),
            swap: Swap::default(),
            connections: Arc::default(),
        };
        let (open, deaf, gone) = (proxy.open.clone(), proxy.deaf.clone(), proxy.gone.clone());
        let (connections, swap) = (proxy.connections.clone(), proxy.swap.clone());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if gone.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(node) = TcpStream::connect((Ipv4Addr::LOCALHOST, node)) else {
                    continue;
                };
                connections.fetch_add(1, Ordering::SeqCst);
                let pairs = [(&client, &node, false), (&node, &client, true)];
                for (from, to, answers) in pairs {
                    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else {
                        continue;
                    };
                    let (deaf, swap) = (deaf.clone(), swap.clone());
                    thread::spawn(move || {
                        let mut buffer = [0; 65_536];
                        while let Ok(count @ 1..) = std::io::Read::read(&mut from, &mut buffer) {
                            if answers && deaf.load(Ordering::SeqCst) {
                                continue;
                            }
                            if answers {
                                lie(&swap, &mut buffer[..count]);
                            }
                            if std::io::Write::write_all(&mut to, &buffer[..count]).is_err() {
                                break;
                            }
                        }
                    });
                }
                if let Ok(mut open) = open.lock() {
                    open.extend([client, node]);
                }
            }
        });
        Ok(proxy)
    }

    /// From now on, what is `told` by the node comes as something else, of the same length.
    fn lies(&self, told: &str, instead: &str) -> Result<()> {
        anyhow::ensure!(told.len() == instead.len(), "frames keep their length");
        let swap = Some((told.to_owned(), instead.to_owned()));
        *self.swap.lock().map_err(|e| anyhow!("{e}"))? = swap;
        Ok(())
    }

    fn cut(&self) {
        if let Ok(mut open) = self.open.lock() {
            for stream in open.drain(..) {
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
        }
    }
}

/// Answers are not masked in WebSocket frames, and short ones come in one piece.
fn lie(swap: &Swap, answer: &mut [u8]) {
    let Ok(swap) = swap.lock() else { return };
    let Some((told, instead)) = &*swap else {
        return;
    };
    let found = answer.windows(told.len());
    let found: Vec<_> = found
        .enumerate()
        .filter(|(_, window)| *window == told.as_bytes())
        .map(|(at, _)| at)
        .collect();
    for at in found {
        answer[at..at + told.len()].copy_from_slice(instead.as_bytes());
    }
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_never_failed_over_to() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let (first, strange) = (Proxy::new(node.port())?, Proxy::new(node.port())?);
    let endpoint = |port| format!("ws://127.0.0.1:{port}");
    let (ours, theirs) = (endpoint(first.port), endpoint(strange.port));
    let options = Options {
        patience: Duration::from_secs(2),
        ..Options::default()
    };
    let both = Client::connect(&[ours.clone(), theirs.clone()], options).await?;
    let third = endpoint(node.port());
    let all = Client::connect(&[ours, theirs.clone(), third], options).await?;
    let genesis = vilokanam_client::hex(&both.genesis());
    let other = vilokanam_client::hex(&[7; 32]);
    strange.lies(&genesis, &other)?;
    // Alone, nobody could know.
    let alone = Client::connect(core::slice::from_ref(&theirs), options).await?;
    assert_eq!(alone.genesis(), [7; 32]);

    first.gone.store(true, Ordering::SeqCst);
    first.cut();
    let error = format!("{:#}", both.best().await.expect_err("another chain"));
    let expected = format!(
        "{theirs} is of another chain: its block 0 is {other}, and that of the first endpoint that answered {genesis}"
    );
    assert!(error.contains(&expected), "{error}");
    // The next is asked, if there is one; once it says what it should, so is the strange one.
    assert_eq!(all.best().await?.number, 0);
    strange.lies(&genesis, &genesis)?;
    assert_eq!(both.best().await?.number, 0);
    Ok(())
}

#[tokio::test]
async fn transactions_that_stay_in_the_pool_stop_it_in_time() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    assert_eq!(Options::default().leftovers, Duration::from_secs(60));
    let proxy = Proxy::new(node.port())?;
    let network = network(proxy.port)?;
    let options = Options {
        leftovers: Duration::from_secs(2),
        ..network.options()
    };
    let client = Client::connect(&network.endpoints, options).await?;
    let alice = key("//Alice")?;
    let folder = Folder::new()?;
    let paths = folder.paths();

    // This node's blocks take all that is ready at once, so the pool's next nonce is told by the proxy: there is one more.
    proxy.lies("\"result\":0", "\"result\":1")?;
    assert_eq!(client.next_nonce(&alice.account()).await?, 1);
    let begun = Instant::now();
    let mut notes = Vec::new();
    let mut listen = |progress: &Progress<'_>| {
        notes.push(progress.to_string());
        Ok(())
    };
    let refused = deploy(&client, &network, &paths, &alice, &mut listen).await;
    let refused = format!("{:#}", refused.expect_err("they wait"));
    let waited = begun.elapsed();
    let account = vilokanam_client::hex(&alice.account());
    let start = format!("transactions of {account} wait in the pool, and no block takes them");
    assert!(refused.starts_with(&start), "{refused}");
    assert!(waited >= options.leftovers, "{waited:?}");
    let waiting = notes.iter().filter(|note| note.contains("waiting for"));
    assert_eq!(waiting.count(), 1, "{notes:?}");
    // Nothing was sent.
    assert_eq!(client.account(&alice.account()).await?.nonce, 0);
    assert_eq!(client.best().await?.number, 0);

    // Once they are gone, it is run again.
    proxy.lies("\"result\":0", "\"result\":0")?;
    let deployed = put(&client, &network, &paths, &alice).await?;
    assert_eq!((deployed.done.len(), deployed.skipped.len()), (STEPS, 0));
    assert_eq!(sent_by(&client, &alice).await?, STEPS);
    Ok(())
}

#[tokio::test]
async fn connection_dropped_and_answers_kept_back() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let proxy = Proxy::new(node.port())?;
    let network = network(proxy.port)?;
    let options = Options {
        request: Duration::from_secs(2),
        ..network.options()
    };
    let client = Client::connect(&network.endpoints, options).await?;
    let folder = Folder::new()?;
    let paths = folder.paths();

    // Cut after each transaction that is sent; once, answers are kept back until the request times out.
    let mut sent = 0;
    let mut trouble = |progress: &Progress<'_>| {
        if matches!(progress, Progress::Sent { .. }) {
            sent += 1;
            if sent == 4 {
                proxy.deaf.store(true, Ordering::SeqCst);
                let deaf = proxy.deaf.clone();
                thread::spawn(move || {
                    thread::sleep(Duration::from_secs(3));
                    deaf.store(false, Ordering::SeqCst);
                });
            } else {
                proxy.cut();
            }
        }
        Ok(())
    };
    let alice = key("//Alice")?;
    let deployed = deploy(&client, &network, &paths, &alice, &mut trouble).await?;
    assert_eq!(deployed.skipped.len(), 0);
    assert!(proxy.connections.load(Ordering::SeqCst) >= u32::try_from(STEPS)?);
    assert_eq!(occurred(&client).await?, (CODES, INSTANCES));
    assert_eq!(sent_by(&client, &alice).await?, STEPS);
    assert_eq!(drifts(&client, &network, &paths).await?, [""; 0]);

    // Nobody there any more: an error in time, which names the endpoint.
    let options = Options {
        patience: Duration::from_secs(2),
        ..options
    };
    let client = Client::connect(&network.endpoints, options).await?;
    drop(node);
    proxy.cut();
    let error = format!("{:#}", client.best().await.expect_err("no node"));
    assert!(error.contains(&network.endpoints[0]), "{error}");
    Ok(())
}

#[tokio::test]
async fn endpoints_that_are_dead_or_die_and_leftovers_in_the_pool() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    // Nobody listens where the first endpoint says; the second dies in the middle; the third is there.
    let dead = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let proxy = Proxy::new(node.port())?;
    let mut network = network(node.port())?;
    let second = format!("ws://127.0.0.1:{}", proxy.port);
    network
        .endpoints
        .splice(0..0, [format!("ws://{dead}"), second]);
    let client = connect(&network).await?;
    assert_eq!(proxy.connections.load(Ordering::SeqCst), 1);

    // A former run left transactions in the pool, which cannot be in a block before others are.
    let alice = key("//Alice")?;
    for nonce in [1, 4, 5] {
        let left = Call::transfer(&[5; 32], UNIT);
        client
            .send(&client.sign(&alice, &left, nonce).await?)
            .await?;
    }

    let folder = Folder::new()?;
    let paths = folder.paths();
    let mut sent = 0;
    let mut die = |progress: &Progress<'_>| {
        if matches!(progress, Progress::Sent { .. }) {
            sent += 1;
            if sent == 5 {
                proxy.gone.store(true, Ordering::SeqCst);
                proxy.cut();
            }
        }
        Ok(())
    };
    let deployed = deploy(&client, &network, &paths, &alice, &mut die).await?;
    assert_eq!((deployed.done.len(), deployed.skipped.len()), (STEPS, 0));
    assert!(proxy.gone.load(Ordering::SeqCst), "it died in the middle");
    // What was left took effect once its turn had come: three transfers besides the deployment's transactions.
    assert_eq!(sent_by(&client, &alice).await?, STEPS + 3);
    assert_eq!(client.account(&[5; 32]).await?.free, 3 * UNIT);
    assert_eq!(occurred(&client).await?, (CODES, INSTANCES));
    assert_eq!(drifts(&client, &network, &paths).await?, [""; 0]);
    Ok(())
}

/// Sends a call by another connection, as somebody else with the same key would, and waits for its block.
fn meanwhile(port: u16, uri: &'static str, call: Call) -> Result<()> {
    let sent = thread::spawn(move || -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let client = connect(&network(port)?).await?;
            client
                .submit(&key(uri)?, &call, Until::InBlock)
                .await?
                .result?;
            Ok(())
        })
    });
    sent.join().expect("no panic")
}

#[tokio::test]
async fn others_with_the_same_key_and_transactions_that_are_lost() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let port = node.port();
    let network = network(port)?;
    let client = connect(&network).await?;
    let alice = key("//Alice")?;
    let bob = key("//Bob")?;

    // The pool does not have it: it is sent again, and takes effect once.
    let nonce = client.next_nonce(&bob.account()).await?;
    let call = Call::transfer(&alice.account(), UNIT);
    let lost = client.sign(&bob, &call, nonce).await?;
    let found = client.follow(&[lost], Until::Finalized).await?;
    assert!(found[0].as_ref().is_ok_and(|found| found.result.is_ok()));
    assert_eq!(client.account(&bob.account()).await?.nonce, nonce + 1);

    // Somebody takes the nonce of the third and of the ninth transaction.
    let folder = Folder::new()?;
    let paths = folder.paths();
    let (mut sent, mut again) = (0, 0);
    let mut disturb = |progress: &Progress<'_>| {
        again += usize::from(progress.to_string().contains("again: "));
        if matches!(progress, Progress::Sent { .. }) {
            sent += 1;
            if sent == 2 || sent == 8 {
                meanwhile(port, "//Alice", Call::transfer(&[5; 32], UNIT))?;
            }
        }
        Ok(())
    };
    let deployed = deploy(&client, &network, &paths, &alice, &mut disturb).await?;
    assert_eq!((deployed.done.len(), deployed.skipped.len()), (STEPS, 0));
    // Twice a step was displaced and done again; the others are ours, and two somebody else's.
    assert_eq!(again, 2);
    assert_eq!(sent_by(&client, &alice).await?, STEPS + 2);
    assert_eq!(client.account(&[5; 32]).await?.free, 2 * UNIT);
    assert_eq!(occurred(&client).await?, (CODES, INSTANCES));
    assert_eq!(drifts(&client, &network, &paths).await?, [""; 0]);

    // Two deployers at once with the same record: the second is told of the first.
    let mut second = None;
    let charlie = key("//Charlie")?;
    let folder = Folder::new()?;
    let paths = folder.paths();
    let mut begin = |progress: &Progress<'_>| {
        if let Progress::Begun { .. } = progress {
            second = Some(vilokanam_deploy::Lock::take(&paths.record));
        }
        Ok(())
    };
    deploy(&client, &network, &paths, &charlie, &mut begin).await?;
    let refused = second.context("it was tried")?.expect_err("taken");
    assert!(
        refused.to_string().contains("another deployer"),
        "{refused}"
    );

    Ok(())
}

#[tokio::test]
async fn two_deployers_at_once_with_records_of_their_own() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let network = network(node.port())?;
    let client = connect(&network).await?;
    let alice = key("//Alice")?;
    // As on two machines: one key, nothing there, and two processes that both find all steps to do before either sends one.
    for case in 0..3 {
        let (one, two) = (Folder::new()?, Folder::new()?);
        let artifacts = artifacts_of(&one, case)?;
        let of = |folder: &Folder| Paths {
            artifacts: artifacts.clone(),
            ..folder.paths()
        };
        let (one, two) = (of(&one), of(&two));
        let mut other = None;
        let mut begin = |progress: &Progress<'_>| {
            if let Progress::Begun { steps, there } = progress {
                assert_eq!((*steps, *there), (STEPS, 0));
                let (child, lines) = start_child(node.port(), &two, "nothing that is told")?;
                loop {
                    let line = lines.recv_timeout(SILENCE)?;
                    if line.contains(&format!("{STEPS} steps to do")) {
                        break;
                    }
                }
                other = Some((child, lines));
            }
            Ok(())
        };
        let first = deploy(&client, &network, &one, &alice, &mut begin).await;
        let (mut child, lines) = other.context("the other began")?;
        let told: Vec<_> = lines.iter().collect();
        assert!(child.wait()?.success(), "{told:#?}");
        let first = first?;

        // Each ends with the same suite, and nothing is there twice.
        for paths in [&one, &two] {
            let record = Record::load(&paths.record)?.context("a record")?;
            assert!(record.complete);
            for (name, address) in &first.addresses {
                assert_eq!(record.address(name)?, address.0);
            }
            assert_eq!(drifts(&client, &network, paths).await?, [""; 0]);
        }
        let times = usize::from(case) + 1;
        assert_eq!(occurred(&client).await?, (CODES * times, INSTANCES * times));
    }
    Ok(())
}

#[tokio::test]
async fn money_that_runs_out() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let port = node.port();
    let network = network(port)?;
    let client = connect(&network).await?;
    let poor = key("//Poor")?;
    let folder = Folder::new()?;
    let paths = folder.paths();

    // Before: nothing is sent.
    fund(&client, &poor, UNIT).await?;
    let refused = put(&client, &network, &paths, &poor).await;
    let refused = format!("{:#}", refused.expect_err("too little"));
    println!("{refused}");
    let site = open(&client, &network, &paths.artifacts, poor.account(), None).await?;
    let Short { needed, there } = plan(&site).await?.balance;
    assert_eq!(there, UNIT);
    let amounts = |needed: u128, there: u128| {
        let [needed, there, missing] =
            [needed, there, needed - there].map(|amount| site.tokens(amount));
        format!("{needed} are needed at most, {there} are there, {missing} are missing")
    };
    assert!(refused.contains(&amounts(needed, there)), "{refused}");
    assert_eq!(client.account(&poor.account()).await?.nonce, 0);

    // In the middle: enough when it began, and then somebody took all but a part of a token of what uploading left.
    let uploads = plan(&site).await?.steps;
    let uploads = uploads
        .iter()
        .filter(|step| step.step.starts_with("upload "));
    let uploads: u128 = uploads.map(|step| step.total()).sum();
    fund(&client, &poor, needed).await?;
    let taken = needed + UNIT - uploads - UNIT / 10;
    let mut take = |progress: &Progress<'_>| {
        if let Progress::InBlock {
            step: "upload tick_stream",
            ..
        } = progress
        {
            meanwhile(port, "//Poor", Call::transfer(&[5; 32], taken))?;
        }
        Ok(())
    };
    let refused = deploy(&client, &network, &paths, &poor, &mut take).await;
    let refused = format!("{:#}", refused.expect_err("too little"));
    println!("{refused}");
    let (left, _) = common::site(&client, &network, &paths).await?;
    let Short { needed, there } = plan(&left).await?.balance;
    assert!(refused.contains(&amounts(needed, there)), "{refused}");
    let record = Record::load(&paths.record)?.context("a record")?;
    assert!(record.codes.values().all(|code| code.place.is_some()));
    assert!(!record.complete);

    fund(&client, &poor, needed).await?;
    put(&client, &network, &paths, &poor).await?;
    assert_eq!(occurred(&client).await?, (CODES, INSTANCES));
    assert_eq!(drifts(&client, &network, &paths).await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn records_and_artifacts_that_do_not_fit() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let network = network(node.port())?;
    let client = connect(&network).await?;
    let alice = key("//Alice")?;
    let folder = Folder::new()?;
    let mut paths = folder.paths();
    let stopped = put_until(&client, &network, &paths, &alice, 8, |progress| {
        matches!(progress, Progress::Sent { .. })
    });
    assert_eq!(stopped.await.expect_err("stopped").to_string(), "stopped");
    let text = fs::read_to_string(&paths.record)?;
    let refused = |result: Result<_>| format!("{:#}", result.map(drop).expect_err("refused"));

    // Another code in the middle.
    let built = paths.artifacts.clone();
    paths.artifacts = folder.0.join("ink");
    for name in CONTRACTS {
        let file = |dir: &Path| dir.join(name).join(name).with_extension("wasm");
        fs::create_dir_all(paths.artifacts.join(name))?;
        let code = fs::read(file(&built))?;
        let added: &[u8] = if name == "stream_registry" {
            &[0, 2, 1, b'x']
        } else {
            &[]
        };
        fs::write(file(&paths.artifacts), [&code[..], added].concat())?;
    }
    let why = refused(put(&client, &network, &paths, &alice).await);
    assert!(why.contains("the code of stream_registry: 0x"), "{why}");
    assert!(!why.contains("the code of vlk_token"), "{why}");
    paths.artifacts = built;

    // Other arguments, another key.
    let mut other = network.clone();
    other.fees.tips = 1;
    let why = refused(put(&client, &other, &paths, &alice).await);
    assert!(why.contains("the arguments of payment_handler"), "{why}");
    let why = refused(put(&client, &network, &paths, &key("//Bob")?).await);
    assert!(why.contains("was begun by 0xd43593c7"), "{why}");

    // Another chain's.
    let genesis = vilokanam_client::hex(&client.genesis());
    let strange = text.replace(&genesis, &vilokanam_client::hex(&[1; 32]));
    fs::write(&paths.record, &strange)?;
    let why = refused(put(&client, &network, &paths, &alice).await);
    assert!(why.contains("another chain"), "{why}");
    assert_eq!(fs::read_to_string(&paths.record)?, strange);

    // Cut short, while the chain has not everything: refused, and left alone.
    let short = &text[..text.len() / 2];
    fs::write(&paths.record, short)?;
    let why = refused(put(&client, &network, &paths, &alice).await);
    assert!(
        why.contains("damaged") && why.contains("wire tick_stream"),
        "{why}"
    );
    assert_eq!(fs::read_to_string(&paths.record)?, short);

    // Cut short when the chain has it all: made anew, and the damaged one kept.
    fs::write(&paths.record, &text)?;
    put(&client, &network, &paths, &alice).await?;
    let whole = fs::read_to_string(&paths.record)?;
    fs::write(&paths.record, &whole[..whole.len() / 3])?;
    put(&client, &network, &paths, &alice).await?;
    assert_eq!(fs::read_to_string(&paths.record)?, whole);
    let kept = fs::read_to_string(folder.0.join("local.json.damaged-0"))?;
    assert_eq!(kept, whole[..whole.len() / 3]);
    assert_eq!(occurred(&client).await?, (CODES, INSTANCES));
    Ok(())
}
