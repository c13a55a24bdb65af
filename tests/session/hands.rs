//! What drivers, the store and the network do: the steps of a keeper, carried out.

use crate::process::{Asks, Told, Wish};
use crate::record::Stored;
use crate::rules::{self, Verdict};
use crate::scenario::{Driver, Scenario};
use crate::service::{Asked, ErrorResponse, Org};
use crate::world::{Context, Fate, Flight, Lock, World};

impl World {
    /// Does what a process asks for, as its driver does it.
    pub(crate) fn carry_out(&mut self, p: usize, context: &mut Context<'_>) -> Verdict {
        let driver = context.scenario.driver;
        let told = match self.processes[p].asks.clone() {
            Asks::Clear => {
                rules::clears(self, p)?;
                self.history
                    .cleared(&self.processes[p], self.store.as_ref());
                self.store = None;
                Told::Cleared(true)
            }
            Asks::Load => self.load(p, driver),
            Asks::Lock(_) => {
                let free = self.lock_is_free();
                if free && driver != Driver::SkipsTheLock {
                    self.lock = Lock::Held(p, self.now);
                } else if !free && self.processes[p].wish_is_final() {
                    self.history.went_without_lock = true;
                }
                self.processes[p].operation.locked = free;
                Told::Locked(Ok(free))
            }
            Asks::Save(record) => {
                let announces = record.announced.is_some();
                self.processes[p].operation.announced |= announces;
                match driver {
                    Driver::DropsTheIntent if announces => {}
                    Driver::SavesTooLate if !announces => {
                        self.processes[p].postponed = Some(record);
                    }
                    _ => self.write(p, record, context.scenario)?,
                }
                Told::Saved(true)
            }
            Asks::Send(..) => {
                match std::mem::replace(&mut self.processes[p].flight, Flight::None) {
                    Flight::Homeward(told) => told,
                    Flight::Lost => Told::TimedOut,
                    Flight::None | Flight::Outward => panic!("nothing came back"),
                }
            }
            Asks::Unlock => {
                if matches!(self.lock, Lock::Held(holder, _) if holder == p) {
                    self.lock = Lock::Free;
                }
                Told::Unlocked
            }
            Asks::Wait(_) => Told::Waited,
            Asks::Nothing | Asks::Done(_) => panic!("nothing was asked for"),
        };
        self.tell(p, told, context)
    }

    fn load(&mut self, p: usize, driver: Driver) -> Told {
        let holds = matches!(self.lock, Lock::Held(holder, _) if holder == p);
        let operation = &mut self.processes[p].operation;
        let stale = operation.read.clone();
        let again = match driver {
            Driver::NeverReloads => holds && operation.sends == 0,
            Driver::NeverConfirms => operation.sends > 0,
            _ => false,
        };
        let record = match (again, stale) {
            (true, Some(stale)) => stale,
            _ => self.store.clone(),
        };
        operation.read_under_lock = operation.locked;
        operation.read = Some(record.clone());
        Told::Loaded(Ok(record))
    }

    pub(crate) fn write(&mut self, p: usize, record: Stored, scenario: &Scenario) -> Verdict {
        rules::saves(self, p, &record, scenario)?;
        self.history.saved(self.store.as_ref(), &record);
        self.store = Some(record);
        Ok(())
    }

    pub(crate) fn fail(&mut self, p: usize, context: &mut Context<'_>) -> Verdict {
        self.processes[p].operation.store_failures += 1;
        self.history.intent_stays(self.store.as_ref());
        let told = match self.processes[p].asks {
            Asks::Clear => Told::Cleared(false),
            Asks::Load => Told::Loaded(Err(())),
            Asks::Lock(_) => Told::Locked(Err(())),
            Asks::Save(_) => Told::Saved(false),
            ref asks => panic!("{asks:?} cannot fail"),
        };
        self.tell(p, told, context)
    }

    pub(crate) fn serve(&mut self, p: usize, fate: Fate) {
        let Asks::Send(asked, _) = self.processes[p].asks else {
            panic!("nothing was sent");
        };
        self.processes[p].flight = match fate {
            Fate::Good => Flight::Homeward(Told::Answered(self.act(p, asked, asked.org))),
            Fate::Moved(org) => Flight::Homeward(Told::Answered(self.act(p, asked, org))),
            Fate::Says(answer) => Flight::Homeward(Told::Answered(answer)),
            Fate::ActedBut(answer) => {
                self.act(p, asked, asked.org);
                Flight::Homeward(Told::Answered(answer))
            }
            Fate::Broken { acted } => {
                if acted {
                    self.act(p, asked, asked.org);
                }
                Flight::Homeward(Told::Broken)
            }
            Fate::Silence { acted } => {
                if acted {
                    self.act(p, asked, asked.org);
                }
                Flight::Lost
            }
        };
    }

    fn act(&mut self, p: usize, asked: Asked, org: Org) -> ErrorResponse {
        let answer = self.service.act(asked, org, self.now);
        if let ErrorResponse::Success(pair) = answer {
            self.history.made.entry(pair.access).or_insert(self.now);
        }
        if let ErrorResponse::Success(pair) = answer
            && self.processes[p].operation.wish == Some(Wish::Switch(pair.org))
        {
            self.history.switched.insert(pair.access);
        }
        answer
    }
}
