//! A piece of work that can be measured: its inputs are made before the clock starts.

use std::hint::black_box;

/// What a contender says to a row.
pub enum Offer {
    /// It does this work.
    Does(Work),
    /// It does this work with help, and what helps.
    Helped(Work, &'static str),
    /// It does not do this work, and what is missing.
    Cannot(&'static str),
    /// It has nothing to do with this row.
    Absent,
}

impl Offer {
    #[must_use]
    pub fn work(self) -> Option<Work> {
        match self {
            Self::Does(work) | Self::Helped(work, _) => Some(work),
            Self::Cannot(_) | Self::Absent => None,
        }
    }

    #[must_use]
    pub fn note(&self) -> Option<&'static str> {
        match self {
            Self::Helped(_, note) | Self::Cannot(note) => Some(note),
            Self::Does(_) | Self::Absent => None,
        }
    }
}

/// Work, and what is to be taken off it.
pub struct Work {
    all: Box<dyn Batch>,
    less: Option<Box<dyn Batch>>,
}

impl Work {
    /// `run` is measured, and dropping what it was given and what it makes; `input` is not.
    pub(crate) fn new<I: 'static, O: 'static>(
        input: impl FnMut() -> I + 'static,
        run: impl FnMut(I) -> O + 'static,
    ) -> Self {
        Self {
            all: Box::new(Of {
                inputs: Vec::new(),
                input,
                run,
            }),
            less: None,
        }
    }

    /// For an interface that has a step only together with another: both, less the other.
    pub(crate) fn less(self, other: Self) -> Self {
        Self {
            less: Some(other.all),
            ..self
        }
    }

    /// Measures `count` times the work with `measure`, which is given what to run.
    pub fn measure(
        &mut self,
        count: usize,
        mut measure: impl FnMut(&mut dyn FnMut()) -> f64,
    ) -> f64 {
        let mut one = |batch: &mut Box<dyn Batch>| {
            batch.prepare(count);
            measure(&mut || batch.run())
        };
        let all = one(&mut self.all);
        all - self.less.as_mut().map_or(0.0, one)
    }

    /// Does the work once, so that what is made on the first call is there.
    pub fn warm_up(&mut self) {
        self.measure(1, |run| {
            run();
            0.0
        });
    }
}

trait Batch {
    fn prepare(&mut self, count: usize);
    fn run(&mut self);
}

struct Of<I, P, R> {
    inputs: Vec<I>,
    input: P,
    run: R,
}

impl<I, O, P: FnMut() -> I, R: FnMut(I) -> O> Batch for Of<I, P, R> {
    fn prepare(&mut self, count: usize) {
        self.inputs.reserve(count);
        self.inputs.extend((0..count).map(|_| (self.input)()));
    }

    fn run(&mut self) {
        for input in self.inputs.drain(..) {
            black_box((self.run)(black_box(input)));
        }
    }
}
