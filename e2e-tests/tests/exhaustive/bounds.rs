//! The configurations: who there is, what they may do, and how much of it.

use vilokanam_interfaces::{Balance, Millis};

/// The time between two steps; all durations are multiples of half of it.
pub const MINUTE: Millis = 60_000;
/// How long exits and graces take, as deployed.
pub const EXIT_DELAY_MS: Millis = MINUTE;
/// The price at first, in base units a second: odd, so that parts of units are left over.
pub const RATE: Balance = 7_001;
/// The price after a repricing.
pub const DEARER: Balance = 11_003;

/// What so many half minutes cost at the first price, rounded down.
pub const fn halves(count: u128) -> Balance {
    RATE * count * 30
}

/// A voucher that a key of the session may have signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cheque {
    pub ms: Millis,
    pub amount: Balance,
    /// Which key signed it.
    pub key: u8,
}

/// One configuration.
#[derive(Debug, Clone)]
pub struct Bounds {
    pub name: &'static str,
    /// How many viewers.
    pub viewers: u8,
    /// How many sessions each opens at most.
    pub sessions: u32,
    /// With what sessions open: `None`, the clock; else a key.
    pub opens: &'static [Option<u8>],
    /// What a viewer has, places on hold, and adds.
    pub pool: Balance,
    pub hold: Balance,
    pub top_up: Option<Balance>,
    pub ceiling: Balance,
    /// A session's own latest end, after its opening.
    pub until: Option<Millis>,
    /// The keys that a session can be given.
    pub keys: u8,
    pub cheques: &'static [Cheque],
    /// How often a broadcast is repriced at most.
    pub reprices: usize,
    /// How many broadcasts there are at most.
    pub broadcasts: u32,
    /// How long a broadcast lasts after a heartbeat.
    pub grace_ms: Millis,
    pub heartbeat: bool,
    pub end: bool,
    pub suspend: bool,
    pub pause: bool,
    pub exit: bool,
    pub upgrade: bool,
    /// Whether pools, payees and fees are drawn between other messages too.
    pub withdraw: bool,
    /// Whether time also goes to one millisecond before the next instant at which something begins or ends.
    pub edges: bool,
}

const ONE: Bounds = Bounds {
    name: "",
    viewers: 1,
    sessions: 1,
    opens: &[None],
    pool: halves(5),
    hold: halves(3) + 17,
    top_up: Some(halves(2) - 17),
    ceiling: 10_000,
    until: None,
    keys: 0,
    cheques: &[],
    reprices: 0,
    broadcasts: 1,
    grace_ms: 3 * MINUTE,
    heartbeat: false,
    end: false,
    suspend: false,
    pause: true,
    exit: true,
    upgrade: false,
    withdraw: false,
    edges: false,
};

/// A minute's voucher, two minutes', and the second again by another key.
const CHEQUES: [Cheque; 3] = [
    Cheque {
        ms: MINUTE,
        amount: halves(2),
        key: 0,
    },
    Cheque {
        ms: 2 * MINUTE,
        amount: halves(3),
        key: 0,
    },
    Cheque {
        ms: 2 * MINUTE,
        amount: halves(3),
        key: 1,
    },
];

const TINY_CLOCK: Bounds = Bounds {
    name: "tiny clock",
    reprices: 1,
    ceiling: DEARER,
    end: true,
    grace_ms: 2 * MINUTE,
    ..ONE
};

const TINY_VOUCHER: Bounds = Bounds {
    name: "tiny voucher",
    opens: &[Some(0)],
    top_up: None,
    keys: 2,
    cheques: &CHEQUES,
    end: true,
    pause: false,
    grace_ms: 2 * MINUTE,
    ..ONE
};

/// Small enough for every transition to be sent to the real contracts.
pub fn tiny() -> Vec<Bounds> {
    vec![TINY_CLOCK, TINY_VOUCHER]
}

/// Smaller still.
pub fn tiniest() -> Vec<Bounds> {
    let clock = Bounds {
        name: "tiniest clock",
        // The price is what the viewer pays at most, to the unit.
        ceiling: RATE,
        reprices: 0,
        top_up: None,
        ..TINY_CLOCK
    };
    let voucher = Bounds {
        name: "tiniest voucher",
        keys: 1,
        cheques: &[CHEQUES[1]],
        ..TINY_VOUCHER
    };
    vec![clock, voucher]
}

/// The configurations of the short form.
pub fn short() -> Vec<Bounds> {
    vec![
        Bounds {
            name: "clock",
            reprices: 1,
            heartbeat: true,
            end: true,
            ..ONE
        },
        Bounds {
            name: "clock and voucher",
            opens: &[None, Some(0)],
            top_up: None,
            keys: 1,
            cheques: &[CHEQUES[0], CHEQUES[1]],
            end: true,
            ..ONE
        },
        Bounds {
            name: "voucher, two keys",
            opens: &[Some(0)],
            top_up: None,
            keys: 2,
            cheques: &CHEQUES,
            heartbeat: true,
            pause: false,
            ..ONE
        },
        Bounds {
            name: "suspended",
            opens: &[None, Some(0)],
            top_up: None,
            cheques: &[CHEQUES[0]],
            broadcasts: 2,
            suspend: true,
            withdraw: true,
            ..ONE
        },
        Bounds {
            name: "new code",
            opens: &[None, Some(0)],
            top_up: None,
            cheques: &[CHEQUES[0]],
            upgrade: true,
            ..ONE
        },
        Bounds {
            name: "two sessions of one viewer",
            sessions: 2,
            opens: &[Some(0)],
            top_up: None,
            pool: halves(6) + 34,
            cheques: &[CHEQUES[0], CHEQUES[1]],
            pause: false,
            ..ONE
        },
        Bounds {
            name: "two viewers",
            viewers: 2,
            opens: &[None, Some(0)],
            top_up: None,
            cheques: &[CHEQUES[0]],
            exit: false,
            pause: false,
            grace_ms: 2 * MINUTE,
            ..ONE
        },
    ]
}

/// The further configurations of the long form.
pub fn long() -> Vec<Bounds> {
    let mut all = short();
    all.extend([
        Bounds {
            name: "clock, to the millisecond",
            reprices: 1,
            ceiling: DEARER,
            until: Some(3 * MINUTE),
            end: true,
            edges: true,
            ..ONE
        },
        Bounds {
            name: "clock, suspended and on air again",
            reprices: 1,
            broadcasts: 2,
            heartbeat: true,
            end: true,
            suspend: true,
            ..ONE
        },
        Bounds {
            name: "clock, new code and withdrawals",
            reprices: 1,
            end: true,
            heartbeat: true,
            upgrade: true,
            withdraw: true,
            ..ONE
        },
        Bounds {
            name: "clock and voucher, everything",
            opens: &[None, Some(0)],
            keys: 2,
            cheques: &CHEQUES,
            reprices: 1,
            heartbeat: true,
            end: true,
            ..ONE
        },
        Bounds {
            name: "two sessions of one viewer, by both meters",
            sessions: 2,
            opens: &[None, Some(0)],
            top_up: None,
            pool: halves(6) + 34,
            keys: 1,
            cheques: &[CHEQUES[0], CHEQUES[1]],
            end: true,
            ..ONE
        },
        Bounds {
            name: "two viewers who may exit",
            viewers: 2,
            opens: &[None, Some(0)],
            top_up: None,
            cheques: &[CHEQUES[0]],
            pause: false,
            end: true,
            grace_ms: 2 * MINUTE,
            ..ONE
        },
    ]);
    all
}

/// Where rules that are wrong on purpose are looked for.
pub fn for_faults_of_clocks() -> Bounds {
    Bounds {
        name: "tiny clock with a heartbeat",
        ceiling: 10_000,
        heartbeat: true,
        ..TINY_CLOCK
    }
}

pub fn for_faults_of_vouchers() -> Bounds {
    TINY_VOUCHER
}

pub fn for_faults_of_suspension() -> Bounds {
    Bounds {
        name: "tiny clock, suspended",
        suspend: true,
        ..TINY_CLOCK
    }
}

pub fn for_faults_of_two() -> Bounds {
    Bounds {
        name: "tiny two sessions",
        sessions: 2,
        pool: halves(6) + 34,
        keys: 0,
        cheques: &[CHEQUES[0]],
        ..TINY_VOUCHER
    }
}
