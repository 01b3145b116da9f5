//! When each server's orders are asked about next: every server has a round of its own, as long as its setting says. All
//! else that is due (deadlines above all) keeps the configuration's beat, however long the rounds are.

use std::collections::BTreeMap;
use std::time::Duration;

use shop::ServerId;
use shop::settings::Settings;
use tokio::time::Instant;

/// The rounds of all servers.
pub(super) struct Rounds {
    /// How often it is looked what is due, whatever the rounds.
    beat: Round,
    by_server: BTreeMap<ServerId, Round>,
}

#[derive(Debug, Clone, Copy)]
struct Round {
    every: Duration,
    next: Instant,
}

impl Rounds {
    /// Every server is due now. The beat's length counts where nothing is set.
    pub(super) fn new(beat: Duration, settings: &Settings) -> Self {
        let beat = Round { every: beat, next: Instant::now() };
        let mut rounds = Self { beat, by_server: BTreeMap::new() };
        rounds.follow(settings);
        rounds
    }

    /// The settings may be others: what is asked about more often now does not wait for its old turn.
    pub(super) fn follow(&mut self, settings: &Settings) {
        let now = Instant::now();
        for server in ServerId::ALL {
            let set = settings.server(*server).poll.map(|poll| Duration::from_secs(poll.seconds().into()));
            let every = set.unwrap_or(self.beat.every);
            let round = self.by_server.entry(*server).or_insert(Round { every, next: now });
            round.every = every;
            round.next = round.next.min(now + every);
        }
    }

    /// How long a server's round is, in seconds.
    pub(super) fn every_s(&self, server: ServerId) -> i64 {
        let every = self.by_server.get(&server).map_or(self.beat.every, |round| round.every);
        i64::try_from(every.as_secs()).unwrap_or(i64::MAX / 1_000)
    }

    /// The shortest round.
    pub(super) fn shortest(&self) -> Duration {
        self.all().map(|round| round.every).min().unwrap_or(self.beat.every)
    }

    /// When it is to be looked next what is due.
    pub(super) fn next(&self) -> Instant {
        self.all().map(|round| round.next).min().unwrap_or(self.beat.next)
    }

    fn all(&self) -> impl Iterator<Item = &Round> {
        self.by_server.values().chain([&self.beat])
    }

    /// The servers whose orders are to be asked about; each is due again a whole round after this.
    pub(super) fn take_due(&mut self) -> Vec<ServerId> {
        let now = Instant::now();
        self.beat.take(now);
        self.by_server.iter_mut().filter_map(|(server, round)| round.take(now).then_some(*server)).collect()
    }
}

impl Round {
    /// Whether it is due; then it is due again a whole round after this.
    fn take(&mut self, now: Instant) -> bool {
        let is_due = self.next <= now;
        if is_due {
            self.next = now + self.every;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shop::settings::PollEvery;

    const DEFAULT: Duration = Duration::from_secs(10);

    fn with(one: &str) -> Settings {
        let mut settings = Settings::default();
        settings.server_mut(ServerId::One).poll = PollEvery::parse(one);
        settings
    }

    /// Which servers are due in each of so many seconds, the present one first.
    async fn due(rounds: &mut Rounds, seconds: u64) -> Vec<(u64, Vec<ServerId>)> {
        let start = Instant::now();
        let mut seen = Vec::new();
        while rounds.next() <= start + Duration::from_secs(seconds) {
            tokio::time::sleep_until(rounds.next()).await;
            seen.push((start.elapsed().as_secs(), rounds.take_due()));
        }
        seen
    }

    #[tokio::test(start_paused = true)]
    async fn each_server_has_its_own_round() {
        let mut rounds = Rounds::new(DEFAULT, &with("4"));
        let (one, two) = (ServerId::One, ServerId::Two);
        let expected =
            [(0, vec![one, two]), (4, vec![one]), (8, vec![one]), (10, vec![two]), (12, vec![one]), (16, vec![one])];
        assert_eq!(due(&mut rounds, 16).await, expected);
        assert_eq!((rounds.every_s(one), rounds.every_s(two), rounds.shortest().as_secs()), (4, 10, 4));
    }

    #[tokio::test(start_paused = true)]
    async fn a_shorter_round_begins_at_once_and_a_longer_one_after_the_next_turn() {
        let mut rounds = Rounds::new(DEFAULT, &with("300"));
        rounds.take_due();
        rounds.follow(&with("2"));
        assert_eq!(due(&mut rounds, 2).await, [(2, vec![ServerId::One])]);
        rounds.follow(&with("60"));
        let after = due(&mut rounds, 61).await;
        let of_one: Vec<u64> =
            after.iter().filter(|(_, due)| due.contains(&ServerId::One)).map(|(at, _)| *at).collect();
        assert_eq!(of_one, [2], "its turn was near already");
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_was_missed_is_one_turn() {
        let mut rounds = Rounds::new(DEFAULT, &Settings::default());
        tokio::time::advance(Duration::from_secs(95)).await;
        assert_eq!(rounds.take_due(), ServerId::ALL);
        assert_eq!(rounds.take_due(), []);
        assert_eq!(rounds.next(), Instant::now() + DEFAULT);
    }
}
