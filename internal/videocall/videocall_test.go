package videocall

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/workcal"
	"kabinet/internal/staff"
)

// friday is a working day, noon in Moscow.
var friday = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

const operator, other = "operator-one", "operator-two"

type world struct {
	*Service
	clock time.Time
	t     *testing.T
	phone int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: friday, t: t}
	now := func() time.Time { return w.clock }
	keys := secrettest.New(t)
	db := sqldbtest.New(t, jobs.Schema(), limit.Schema(), audit.Schema(), notify.Schema(), account.Schema(), person.Schema(), staff.Schema(), Schema())
	texts, err := i18n.NewCatalogue(ui.Texts, notify.Texts, account.Texts, person.Texts, staff.Texts, Texts)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workcal.Russia()
	if err != nil {
		t.Fatal(err)
	}
	moscow, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	notices := notify.New(notify.Options{DB: db, Keys: keys, Now: now, Catalogue: texts})
	limits := limit.New(db, now, keys, nil)
	accounts := account.New(account.Options{DB: db, Keys: keys, Now: now, Limits: limits, Catalogue: texts, Notices: notices})
	people := person.New(db, keys, now, accounts)
	w.Service = New(Options{DB: db, Keys: keys, Now: now, Location: moscow, Calendar: calendar, Limits: limits, Accounts: accounts, People: people, Notices: notices,
		Staff: staff.New(staff.Options{DB: db, Keys: keys, Now: now, Accounts: accounts, People: people}), Hours: Hours{From: 9 * time.Hour, Till: 18 * time.Hour},
		Confirm: func(ctx context.Context, tx *sqldb.DB, id string, by audit.Actor) error {
			return accounts.SetLevel(ctx, tx, id, account.Confirmed, by)
		}})
	return w
}

// citizen makes an account of a level.
func (w *world) citizen(level account.Level) string {
	w.t.Helper()
	w.phone++
	var made account.Account
	err := w.DB.Tx(w.t.Context(), func(tx *sqldb.DB) (err error) {
		made, err = w.Accounts.Make(w.t.Context(), tx, account.Sample{Level: level, Phone: fmt.Sprintf("+790000002%02d", w.phone)})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return made.ID
}

func (w *world) joined(acc string) Meeting {
	w.t.Helper()
	m, err := w.Join(w.t.Context(), acc, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func want(t *testing.T, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) || (wanted == nil && err != nil) {
		t.Fatalf("got error %v, want %v", err, wanted)
	}
}

func TestWhoMayJoinTheQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Join(t.Context(), w.citizen(account.Simplified), "")
	want(t, err, ErrLevel)
	_, err = w.Join(t.Context(), w.citizen(account.Confirmed), "")
	want(t, err, ErrDone)
	acc := w.citizen(account.Standard)
	for name, at := range map[string]time.Time{"at night": friday.Add(12 * time.Hour), "on Sunday": friday.Add(48 * time.Hour), "before nine": friday.Add(-4 * time.Hour)} {
		w.clock = at
		if _, err := w.Join(t.Context(), acc, ""); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.clock = friday
	first := w.joined(acc)
	if again := w.joined(acc); again.ID != first.ID {
		t.Error("joining twice made two meetings")
	}
	for range limitMeetings.Burst - 1 {
		m := w.joined(acc)
		want(t, w.Leave(t.Context(), acc, "", m.ID), nil)
	}
	m := w.joined(acc)
	want(t, w.Leave(t.Context(), acc, "", m.ID), nil)
	_, err = w.Join(t.Context(), acc, "")
	want(t, err, limit.ErrTooMany)
}

func TestTheQueueIsInOrderAndHoldsWhoIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.citizen(account.Standard), w.citizen(account.Standard)
	first := w.joined(a)
	w.clock = w.clock.Add(20 * time.Second)
	second := w.joined(b)
	if _, before, err := w.Wait(t.Context(), b, second.ID); err != nil || before != 1 {
		t.Errorf("%d before the second: %v", before, err)
	}
	w.clock = w.clock.Add(40 * time.Second) // the first is silent for a minute, the second for 40 seconds
	list, err := w.Queue(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("queue: %v %v", list, err)
	}
	want(t, w.Take(t.Context(), operator, "", a, first.ID), ErrTaken)
	if _, before, err := w.Wait(t.Context(), a, first.ID); err != nil || before != 0 {
		t.Errorf("coming back: %d %v", before, err)
	}
	if list, err = w.Queue(t.Context()); err != nil || len(list) != 2 || list[0].ID != first.ID {
		t.Errorf("after coming back: %v %v", list, err)
	}
	if _, _, err := w.Wait(t.Context(), b, first.ID); !errors.Is(err, ErrNone) {
		t.Errorf("another person's meeting: %v", err)
	}
}

func TestOneOperatorTakesAMeeting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(account.Standard)
	m := w.joined(acc)
	want(t, w.Take(t.Context(), acc, "", acc, m.ID), ErrOwn)
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() { errs[i] = w.Take(t.Context(), fmt.Sprintf("operator-%d", i), "", acc, m.ID) })
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, ErrTaken):
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d operators took one meeting", won)
	}
	_, err := w.Room(t.Context(), "stranger", acc, m.ID)
	want(t, err, ErrNone)
}

// Proves: A-72
func TestTheDecisionRaisesTheLevelOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		decision Decision
		state    State
		level    account.Level
	}{
		{Decision{Confirmed: true}, Confirmed, account.Confirmed},
		{Decision{Reason: "face", Note: "Повернитесь к свету."}, Refused, account.Standard},
	} {
		acc := w.citizen(account.Standard)
		m := w.joined(acc)
		want(t, w.Decide(t.Context(), operator, "", acc, m.ID, tt.decision), ErrNone)
		want(t, w.Take(t.Context(), operator, "", acc, m.ID), nil)
		want(t, w.Decide(t.Context(), other, "", acc, m.ID, tt.decision), ErrNone)
		want(t, w.Decide(t.Context(), operator, "", acc, m.ID, Decision{Reason: "mood"}), ErrReason)
		want(t, w.Decide(t.Context(), operator, "", acc, m.ID, tt.decision), nil)
		want(t, w.Decide(t.Context(), operator, "", acc, m.ID, tt.decision), ErrTaken)
		m, _, err := w.Wait(t.Context(), acc, m.ID)
		if err != nil || m.State != tt.state || m.Note != tt.decision.Note || m.EndedAt.IsZero() {
			t.Errorf("the meeting is %+v: %v", m, err)
		}
		a, err := w.Accounts.Account(t.Context(), acc)
		if err != nil || a.Level != tt.level {
			t.Errorf("level %s, want %s: %v", a.Level, tt.level, err)
		}
		lines, err := audit.List(t.Context(), w.DB, audit.Query{Owner: acc, By: audit.Staff, Limit: 10})
		if err != nil || len(lines) < 2 {
			t.Errorf("the person sees %d acts of the operator: %v", len(lines), err)
		}
	}
}

func TestSignalsPassBetweenTheTwoOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(account.Standard)
	m := w.joined(acc)
	want(t, w.Tell(t.Context(), acc, acc, m.ID, Citizen, "early"), ErrTaken)
	want(t, w.Take(t.Context(), operator, "", acc, m.ID), nil)
	want(t, w.Tell(t.Context(), acc, acc, m.ID, Citizen, "offer"), nil)
	want(t, w.Tell(t.Context(), other, acc, m.ID, Operator, "intruder"), ErrNone)
	want(t, w.Tell(t.Context(), acc, acc, m.ID, Citizen, string(make([]byte, signalMax+1))), ErrSignal)
	if _, list, err := w.Heard(t.Context(), operator, acc, m.ID, Operator, 0); err != nil || len(list) != 1 || list[0].Data != "offer" {
		t.Errorf("the operator hears %v: %v", list, err)
	}
	if _, list, err := w.Heard(t.Context(), operator, acc, m.ID, Operator, 1); err != nil || len(list) != 0 {
		t.Errorf("once heard, again %v: %v", list, err)
	}
	_, _, err := w.Heard(t.Context(), other, acc, m.ID, Operator, 0)
	want(t, err, ErrNone)
	for range signalsMax - 1 {
		want(t, w.Tell(t.Context(), acc, acc, m.ID, Citizen, "more"), nil)
	}
	want(t, w.Tell(t.Context(), acc, acc, m.ID, Citizen, "too many"), ErrSignal)
	want(t, w.End(t.Context(), operator, "", acc, m.ID), nil)
	left, err := sqldb.One(t.Context(), w.DB, sqldb.Int, `SELECT count(*) FROM videocall_signal`)
	if err != nil || left != 0 {
		t.Errorf("%d signals are left after the meeting: %v", left, err)
	}
}

func TestAMeetingWhosePersonWentAwayEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	waiting, live := w.citizen(account.Standard), w.citizen(account.Standard)
	m, n := w.joined(waiting), w.joined(live)
	want(t, w.Take(t.Context(), operator, "", live, n.ID), nil)
	w.clock = w.clock.Add(staleAfter + time.Second)
	want(t, w.Sweep(t.Context()), nil)
	for _, tt := range []struct {
		acc, id string
		want    State
	}{{waiting, m.ID, Left}, {live, n.ID, Ended}} {
		if got, _, err := w.Wait(t.Context(), tt.acc, tt.id); err != nil || got.State != tt.want {
			t.Errorf("state %s, want %s: %v", got.State, tt.want, err)
		}
	}
}

func TestQueriesOverAllMeetingsUseTheirIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := sqldb.At(friday)
	sqldbtest.NoFullScan(t, w.DB, queueQuery, at, 10)
	sqldbtest.NoFullScan(t, w.DB, aheadQuery, at, at)
	sqldbtest.NoFullScan(t, w.DB, staleQuery, at)
	sqldbtest.NoFullScan(t, w.DB, `SELECT `+columns+liveQuery, operator)
}
