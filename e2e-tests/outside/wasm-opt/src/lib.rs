//! What `contract-build` names of the crate `wasm-opt`, which is minutes of C++ and which nobody calls here: the
//! tests take contracts that are built, and `ink_e2e` brings `contract-build` for those who build them.

use std::{fmt, path::Path};

/// The instruction sets that it could optimize for.
pub enum Feature {
    /// Sign extension.
    SignExt,
}

/// What it could do.
pub enum Pass {
    /// Sign extension, by other instructions.
    SignextLowering,
}

/// How it would optimize, if it did.
pub struct OptimizationOptions;

/// It does not optimize.
#[derive(Debug)]
pub struct OptimizationError;

impl fmt::Display for OptimizationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not wasm-opt")
    }
}

impl std::error::Error for OptimizationError {}

macro_rules! options {
    ($($name:ident),*) => {
        $(
            /// Nothing.
            pub fn $name() -> Self {
                Self
            }
        )*
    };
}

#[allow(clippy::new_ret_no_self)]
impl OptimizationOptions {
    options!(
        new_opt_level_0,
        new_opt_level_1,
        new_opt_level_2,
        new_opt_level_3,
        new_opt_level_4,
        new_optimize_for_size,
        new_optimize_for_size_aggressively
    );

    /// Nothing.
    pub fn mvp_features_only(&mut self) -> &mut Self {
        self
    }

    /// Nothing.
    pub fn enable_feature(&mut self, _: Feature) -> &mut Self {
        self
    }

    /// Nothing.
    pub fn add_pass(&mut self, _: Pass) -> &mut Self {
        self
    }

    /// Nothing.
    pub fn zero_filled_memory(&mut self, _: bool) -> &mut Self {
        self
    }

    /// Nothing.
    pub fn debug_info(&mut self, _: bool) -> &mut Self {
        self
    }

    /// Fails.
    pub fn run(&self, _: impl AsRef<Path>, _: impl AsRef<Path>) -> Result<(), OptimizationError> {
        Err(OptimizationError)
    }
}
