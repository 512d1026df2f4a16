package outside

import (
	"testing"
	"time"

	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

func TestEveryQueryIsAnsweredFromAnIndex(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, Schema())
	const account = "00000000000000000000000001"
	sqldbtest.NoFullScan(t, db, linksQuery, account)
	sqldbtest.NoFullScan(t, db, subjectQuery, account, "bereg")
	sqldbtest.NoFullScan(t, db, ownerQuery, "bereg", []byte("hash"))
	sqldbtest.NoFullScan(t, db, purgeQuery, sqldb.At(time.Unix(1, 0)))
	sqldbtest.NoFullScan(t, db, `SELECT provider FROM outside_subject WHERE account = $1`, account) // when an account is deleted
}

func TestTripsQuestionsAndLinksAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.Get("/login")
	c := w.client(b)
	for i := range limitTrips.Burst + 1 {
		_, _, err := w.depart(t.Context(), c, "bereg", "", "")
		if over := i == limitTrips.Burst; over {
			want(t, err, limit.ErrTooMany)
		} else {
			want(t, err, nil)
		}
	}
	page := b.Get("/outside/to/bereg")
	if page.Status != 429 {
		t.Errorf("too many trips: %d", page.Status)
	}
	w.pass(limitTrips.Per)
	id, err := w.startScan(t.Context(), c, "sber", "")
	want(t, err, nil)
	for range limitPolls.Burst {
		_, _, err = w.poll(t.Context(), c, id)
		want(t, err, nil)
	}
	_, _, err = w.poll(t.Context(), c, id)
	want(t, err, limit.ErrTooMany)

	w.someone(0, "simplified", nil)
	signed := w.signedIn(0)
	page = through(signed, "bereg", 1, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send() // somebody else's
	for range limitLinks.Burst {
		if got := page.Form(`form[action$="/join"]`).Send(); got.Status != 409 {
			t.Fatalf("another person's data: %d", got.Status)
		}
	}
	if got := page.Form(`form[action$="/join"]`).Send(); got.Status != 429 {
		t.Errorf("too many tries to link: %d", got.Status)
	}
}
