package notify_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
)

// listen opens a page's stream and returns its events, each as "name data".
func (e *env) listen(account string) <-chan string {
	e.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	e.t.Cleanup(stop)
	following := make(chan struct{})
	go func() { e.Follow(ctx); close(following) }()
	e.t.Cleanup(func() { stop(); <-following })
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.hub.Serve(w, r, account, time.Time{}) }))
	e.t.Cleanup(srv.Close)
	e.t.Cleanup(e.hub.Close)
	resp, err := http.Get(srv.URL)
	if err != nil {
		e.t.Fatal(err)
	}
	events := make(chan string, 100)
	go func() {
		defer resp.Body.Close()
		name := ""
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			if n, ok := strings.CutPrefix(s.Text(), "event: "); ok {
				name = n
			} else if data, ok := strings.CutPrefix(s.Text(), "data: "); ok {
				events <- name + " " + data
			}
		}
	}()
	for !e.hub.Listening(account) {
		time.Sleep(time.Millisecond)
	}
	// Follow has subscribed once a signal gets through.
	for {
		if err := e.db.Tx(ctx, func(tx *sqldb.DB) error { return tx.Signal(ctx, "notice", account+" ") }); err != nil {
			e.t.Fatal(err)
		}
		select {
		case <-events:
			time.Sleep(20 * time.Millisecond)
			for len(events) > 0 {
				<-events
			}
			return events
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func next(t *testing.T, events <-chan string) string {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("no event came")
		return ""
	}
}

// Proves: E-35
func TestAnOpenPageHearsOfANoticeAfterTheCommitAndNeverWithoutIt(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	events := e.listen(anna)
	undone := errors.New("undone")
	err := e.db.Tx(t.Context(), func(tx *sqldb.DB) error {
		return errors.Join(e.Send(t.Context(), tx, notice(anna, "undone")), undone)
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	err = e.db.Tx(t.Context(), func(tx *sqldb.DB) error {
		if err := e.Send(t.Context(), tx, notice(anna, "a")); err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
		select {
		case ev := <-events:
			t.Errorf("before the commit: %s", ev)
		default:
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	e.send(notice(boris, "b"))
	if got := next(t, events); got != "unread 1" {
		t.Errorf("got %s", got)
	}
	var got struct {
		ID, Link string
		Title    i18n.Words
	}
	_, data, _ := strings.Cut(next(t, events), " ")
	if err := json.Unmarshal([]byte(data), &got); err != nil {
		t.Fatal(err)
	}
	id := e.feed(anna, notify.Filter{})[0].ID
	want := i18n.Words{RU: "Заявка 2026-001245 принята", EN: "Application 2026-001245 was taken"}
	got.Title.RU = plain(got.Title.RU)
	if diff := cmp.Diff(want, got.Title); diff != "" || got.ID != id || got.Link != "/notices/"+id+"/open" {
		t.Error(diff, got)
	}
	if err := e.MarkRead(t.Context(), anna, id); err != nil {
		t.Fatal(err)
	}
	if got := next(t, events); got != "unread 0" {
		t.Errorf("after reading: %s", got)
	}
	select {
	case ev := <-events:
		t.Errorf("besides: %s", ev)
	case <-time.After(50 * time.Millisecond):
	}
}
