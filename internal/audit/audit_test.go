package audit_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/audit"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func entry(owner, act string) audit.Entry {
	return audit.Entry{Owner: owner, Actor: audit.Actor{Kind: audit.Person, ID: owner, Session: "s1"}, Act: act, Object: "application/7"}
}

func record(t *testing.T, db *sqldb.DB, at time.Time, e audit.Entry) {
	t.Helper()
	if err := db.Tx(t.Context(), func(tx *sqldb.DB) error { return audit.Record(t.Context(), tx, at, e) }); err != nil {
		t.Fatal(err)
	}
}

// chain writes n lines for each owner, a minute apart.
func chain(t *testing.T, db *sqldb.DB, n int, owners ...string) {
	t.Helper()
	for i := range n {
		for _, o := range owners {
			record(t, db, noon.Add(time.Duration(i)*time.Minute), entry(o, fmt.Sprintf("test.act_%d", i+1)))
		}
	}
}

func exec(t *testing.T, db *sqldb.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func acts(lines []audit.Line) (acts []string) {
	for _, l := range lines {
		acts = append(acts, l.Act)
	}
	return acts
}

// Proves: R-06
func TestALineTellsWhoDidWhatWhenAndOnWhichDevice(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, audit.Schema())
	e := audit.Entry{Owner: "anna", Actor: audit.Actor{Kind: audit.Staff, ID: "boris", Session: "s9"},
		Act: "application.audit_opened", Object: "application/7", Agency: "passport-office", Reason: "application.ground_case"}
	record(t, db, noon, e)
	record(t, db, noon.Add(time.Second), e)
	e.Actor.Session = "s10"
	record(t, db, noon.Add(2*time.Second), e)
	lines, err := audit.List(t.Context(), db, audit.Query{Owner: "anna", Limit: 10})
	if err != nil || len(lines) != 3 {
		t.Fatalf("lines %v, %v", lines, err)
	}
	e.Actor.Session = ""
	if diff := cmp.Diff(e, lines[2].Entry); diff != "" {
		t.Error(diff)
	}
	if lines[2].Seq != 1 || !lines[2].At.Equal(noon) {
		t.Errorf("number %d at %s", lines[2].Seq, lines[2].At)
	}
	if string(lines[1].SessionHash) != string(lines[2].SessionHash) || string(lines[0].SessionHash) == string(lines[1].SessionHash) {
		t.Error("one device must show as one, two as two")
	}
}

func TestALineExistsOnlyTogetherWithItsAct(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, audit.Schema())
	chain(t, db, 1, "anna")
	undone := errors.New("undone")
	err := db.Tx(t.Context(), func(tx *sqldb.DB) error {
		if err := audit.Record(t.Context(), tx, noon, entry("anna", "test.undone")); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	record(t, db, noon, entry("anna", "test.done"))
	lines, err := audit.List(t.Context(), db, audit.Query{Owner: "anna", Limit: 10})
	if diff := cmp.Diff([]string{"test.done", "test.act_1"}, acts(lines)); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := audit.Verify(t.Context(), db, "anna"); err != nil {
		t.Error(err)
	}
}

func TestLinesWrittenAtOnceStandOneAfterAnother(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, audit.Schema())
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			err := db.Tx(context.Background(), func(tx *sqldb.DB) error {
				return audit.Record(context.Background(), tx, noon.Add(time.Duration(40-i)*time.Second), entry("anna", "test.act"))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	r, err := audit.VerifyAll(t.Context(), db)
	if diff := cmp.Diff(audit.Report{Owners: 1, Lines: 40}, r); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestEntriesThatSayNothingAreRefused(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, audit.Schema())
	for name, e := range map[string]audit.Entry{
		"no owner":          {Actor: audit.Portal(), Act: "a.b"},
		"no actor":          {Owner: "anna", Act: "a.b"},
		"staff without ID":  {Owner: "anna", Actor: audit.Actor{Kind: audit.Staff}, Act: "a.b"},
		"act is not a key":  {Owner: "anna", Actor: audit.Portal(), Act: "looked"},
		"system with an ID": {Owner: "anna", Actor: audit.Actor{Kind: audit.System, ID: "x"}, Act: "a.b"},
	} {
		if err := db.Tx(t.Context(), func(tx *sqldb.DB) error { return audit.Record(t.Context(), tx, noon, e) }); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestTheListGoesBackPageByPageAndByActor(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, audit.Schema())
	chain(t, db, 5, "anna", "boris")
	record(t, db, noon.Add(time.Hour), audit.Entry{Owner: "anna", Actor: audit.Actor{Kind: audit.Staff, ID: "clerk"}, Act: "test.looked"})
	q := audit.Query{Owner: "anna", Limit: 3}
	var got [][]string
	for {
		lines, err := audit.List(t.Context(), db, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) == 0 {
			break
		}
		got, q.Before = append(got, acts(lines)), lines[len(lines)-1].Cursor()
	}
	if diff := cmp.Diff([][]string{{"test.looked", "test.act_5", "test.act_4"}, {"test.act_3", "test.act_2", "test.act_1"}}, got); diff != "" {
		t.Error(diff)
	}
	staff, err := audit.List(t.Context(), db, audit.Query{Owner: "anna", By: audit.Staff, Before: "nonsense", Limit: 10})
	if diff := cmp.Diff([]string{"test.looked"}, acts(staff)); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// Proves: R-06
func TestWhoeverChangesAChainIsFound(t *testing.T) {
	t.Parallel()
	const copyLine = `INSERT INTO audit_line (owner, seq, at, actor_kind, actor, session_hash, act, object, agency, reason, prev, hash)
		SELECT owner, $1, at, actor_kind, actor, session_hash, act, object, agency, reason, prev, hash FROM audit_line WHERE owner = 'anna' AND seq = $2`
	for name, change := range map[string][]string{
		"a line removed from the middle":    {`DELETE FROM audit_line WHERE owner = 'anna' AND seq = 3`},
		"the first line removed":            {`DELETE FROM audit_line WHERE owner = 'anna' AND seq = 1`},
		"removed and numbered anew":         {`DELETE FROM audit_line WHERE owner = 'anna' AND seq = 3`, `UPDATE audit_line SET seq = 3 WHERE owner = 'anna' AND seq = 4`, `UPDATE audit_line SET seq = 4 WHERE owner = 'anna' AND seq = 5`},
		"an act edited":                     {`UPDATE audit_line SET act = 'test.nothing' WHERE owner = 'anna' AND seq = 3`},
		"an actor edited":                   {`UPDATE audit_line SET actor = 'boris' WHERE owner = 'anna' AND seq = 5`},
		"a time edited":                     {`UPDATE audit_line SET at = '2026-11-21 12:02:30.000000+00:00' WHERE owner = 'anna' AND seq = 3`},
		"text moved from one to the next":   {`UPDATE audit_line SET object = 'application/', agency = '7' WHERE owner = 'anna' AND seq = 2`},
		"a line moved to another owner":     {`UPDATE audit_line SET owner = 'boris', seq = 6 WHERE owner = 'anna' AND seq = 5`},
		"two lines swapped":                 {`UPDATE audit_line SET seq = 99 WHERE owner = 'anna' AND seq = 2`, `UPDATE audit_line SET seq = 2 WHERE owner = 'anna' AND seq = 3`, `UPDATE audit_line SET seq = 3 WHERE owner = 'anna' AND seq = 99`},
		"a copy of an old line at the end":  {"copy"},
		"a line of somebody's at the front": {`UPDATE audit_line SET seq = 0 WHERE owner = 'anna' AND seq = 5`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := sqldbtest.New(t, audit.Schema())
			chain(t, db, 5, "anna", "boris", "vera")
			if r, err := audit.VerifyAll(t.Context(), db); err != nil || len(r.Breaks) > 0 || r.Lines != 15 {
				t.Fatalf("untouched: %+v, %v", r, err)
			}
			for _, query := range change {
				if query == "copy" {
					exec(t, db, copyLine, 6, 2)
					continue
				}
				exec(t, db, query)
			}
			r, err := audit.VerifyAll(t.Context(), db)
			if err != nil || len(r.Breaks) != 1 {
				t.Fatalf("found %+v, %v", r, err)
			}
			b := (*audit.Break)(nil)
			if err := audit.Verify(t.Context(), db, r.Breaks[0].Owner); !errors.As(err, &b) {
				t.Errorf("Verify: %v", err)
			}
			if err := audit.Verify(t.Context(), db, "vera"); err != nil {
				t.Errorf("another's chain: %v", err)
			}
		})
	}
}

// Proves: R-06
func TestLinesCutFromTheEndAreFoundByAnAnchor(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"last line cut":      `DELETE FROM audit_line WHERE owner = 'anna' AND seq = 5`,
		"whole chain cut":    `DELETE FROM audit_line WHERE owner = 'anna'`,
		"last line replaced": `UPDATE audit_line SET hash = prev WHERE owner = 'anna' AND seq = 5`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := sqldbtest.New(t, audit.Schema())
			chain(t, db, 5, "anna", "boris")
			anchor, err := audit.Heads(t.Context(), db, noon.Add(time.Hour))
			if err != nil || anchor.Owners != 2 || anchor.Lines != 10 {
				t.Fatalf("%+v, %v", anchor, err)
			}
			record(t, db, noon.Add(2*time.Hour), entry("anna", "test.later"))
			record(t, db, noon.Add(2*time.Hour), entry("vera", "test.later"))
			if err := audit.CheckHead(t.Context(), db, anchor); err != nil {
				t.Fatalf("honest lines since: %v", err)
			}
			exec(t, db, `DELETE FROM audit_line WHERE owner = 'anna' AND seq = 6`)
			if err := audit.CheckHead(t.Context(), db, anchor); err != nil {
				t.Fatalf("what no anchor counted: %v", err)
			}
			exec(t, db, change)
			if err := audit.CheckHead(t.Context(), db, anchor); !errors.Is(err, audit.ErrAnchor) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTheDailyJobKeepsAnAnchorThatCanBeReadBack(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, audit.Schema(), jobs.Schema())
	chain(t, db, 3, "anna")
	now := func() time.Time { return noon.Add(time.Hour) }
	path := filepath.Join(t.TempDir(), "anchors")
	r := jobs.NewRunner(db, now, 1)
	kept := make(chan struct{})
	audit.RegisterJobs(r, db, now, func(_ context.Context, h audit.Head) error {
		defer close(kept)
		return audit.AppendAnchor(path, h)
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	<-kept
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	all, err := audit.ReadAnchors(path)
	if err != nil || len(all) != 1 || all[0].Lines != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	if err := audit.CheckHead(t.Context(), db, all[0]); err != nil {
		t.Error(err)
	}
}
