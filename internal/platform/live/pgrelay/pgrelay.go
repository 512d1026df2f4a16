// Package pgrelay carries live events between the processes of an installation
// by PostgreSQL's NOTIFY.
//
// Events are sent outside of any transaction, after its commit: a NOTIFY inside
// one would make PostgreSQL take all commits of the database one by one.
// What is sent while a process is not connected is lost for its pages, which is
// what package live promises anyway.
package pgrelay

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

const channel = "kabinet_live"

// maxPayload is PostgreSQL's limit for one notification, in bytes.
const maxPayload = 7999

type event struct {
	Topic string `json:"t,omitempty"`
	Event string `json:"e"`
	Data  string `json:"d,omitempty"`
}

// Send returns what live.Options.Relay takes: it sends each event to all
// processes through db, within two seconds or not at all.
func Send(db *sql.DB) func(topic, name, data string) error {
	return func(topic, name, data string) error {
		payload, err := json.Marshal(event{topic, name, data})
		if err != nil {
			return fmt.Errorf("sending a live event: %w", err)
		}
		if len(payload) > maxPayload {
			return fmt.Errorf("sending a live event: %d bytes are over PostgreSQL's limit of %d", len(payload), maxPayload)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if _, err := db.ExecContext(ctx, "SELECT pg_notify($1, $2)", channel, string(payload)); err != nil {
			return fmt.Errorf("sending a live event: %w", err)
		}
		return nil
	}
}

// Receive hands the events of all processes to deliver until ctx ends. It keeps
// a connection of its own and makes it anew, after a second, when it is lost.
func Receive(ctx context.Context, url string, log *slog.Logger, deliver func(topic, name, data string)) {
	for {
		err := listen(ctx, url, log, deliver)
		if ctx.Err() != nil {
			return
		}
		log.WarnContext(ctx, "live events of other processes are not received, trying again", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

func listen(ctx context.Context, url string, log *slog.Logger, deliver func(topic, name, data string)) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the connection is given up either way
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("waiting: %w", err)
		}
		var e event
		if err := json.Unmarshal([]byte(n.Payload), &e); err != nil {
			log.WarnContext(ctx, "a notification on the channel of live events is not one of ours", "channel", channel)
			continue
		}
		deliver(e.Topic, e.Event, e.Data)
	}
}
