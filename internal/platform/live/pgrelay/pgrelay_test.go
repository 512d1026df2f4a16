package pgrelay

import (
	"context"
	"database/sql"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
)

func TestEventsReachEveryProcessAlsoAfterALostConnection(t *testing.T) {
	url := os.Getenv("KABINET_TEST_PG")
	if url == "" {
		t.Skip("needs PostgreSQL: make test-pg")
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, stop := context.WithCancel(t.Context())
	got := make(chan string, 100)
	var ended []chan struct{}
	for _, process := range []string{"one", "two"} {
		done := make(chan struct{})
		ended = append(ended, done)
		go func() {
			defer close(done)
			Receive(ctx, url, slog.New(slog.NewTextHandler(io.Discard, nil)), func(topic, name, data string) {
				got <- process + ":" + topic + ":" + name + ":" + data
			})
		}()
	}
	send := Send(db)
	wait := func(data string) { // an event is lost until the listener is there, so it is sent until it arrives
		t.Helper()
		seen := map[string]bool{}
		for end := time.Now().Add(10 * time.Second); len(seen) < 2 && time.Now().Before(end); {
			if err := send("account", "unread", data); err != nil {
				t.Fatal(err)
			}
			select {
			case e := <-got:
				if strings.HasSuffix(e, ":account:unread:"+data) {
					seen[e] = true
				}
			case <-time.After(50 * time.Millisecond):
			}
		}
		if len(seen) != 2 {
			t.Fatalf("%q reached %v", data, seen)
		}
	}
	wait("3")
	if _, err := db.ExecContext(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN kabinet_live'"); err != nil {
		t.Fatal(err)
	}
	wait("ещё \"раз\"\nи строка")

	if err := send("account", "unread", strings.Repeat("x", 8000)); err == nil {
		t.Error("an event that PostgreSQL cannot carry was sent without an error")
	}
	if _, err := db.ExecContext(ctx, "SELECT pg_notify('kabinet_live', 'not ours')"); err != nil {
		t.Fatal(err)
	}
	wait("after a stranger's notification")
	stop()
	for _, done := range ended {
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Fatal("Receive did not end with its context")
		}
	}
	db.Close()
	if err := send("account", "unread", "1"); err == nil {
		t.Error("sending through a closed database gave no error")
	}
}
