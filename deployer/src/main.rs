//! `vilokanam`: drives the Vilokanam contracts on a chain.

mod cli;
mod demo;
mod network;
mod operate;
mod print;
mod replay;
mod show;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let done = match command {
        Command::Plan(args) => network::run_plan(&args),
        Command::Deploy(args) => network::run_deploy(&args),
        Command::Verify(args) => network::run_verify(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Operate(command) => operate::run(&command),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("error: {e:#}");
            // "It differs, or was refused" is told from "it could not be done".
            match operate::is_refusal(&e) {
                true => ExitCode::FAILURE,
                false => ExitCode::from(2),
            }
        }
    }
}
