package sqldb

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
)

// channel is the PostgreSQL channel that carries every process's signals.
const channel = "kabinet"

// signals delivers what transactions announce to the processes of the portal.
type signals struct {
	mu    sync.Mutex
	last  int
	subs  map[string]map[int]func(payload string)
	start sync.Once
	stop  context.CancelFunc
}

// Signal announces a topic to everyone who subscribed to it, in every process
// on this database, once the transaction is durable and never if it is not. It
// is a hint, not a queue: a process that is down misses it. The payload holds
// IDs only and is at most a few hundred bytes.
func (db *DB) Signal(ctx context.Context, topic, payload string) error {
	if db.pg {
		_, err := db.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, topic+" "+payload)
		return err
	}
	p := db.pools
	db.OnCommit(func() { p.signals.deliver(topic, payload) })
	return nil
}

// Subscribe has f called for each signal of the topic until cancel is called.
// f must be quick: it may run on the goroutine that commits.
func (db *DB) Subscribe(topic string, f func(payload string)) (cancel func()) {
	s := &db.signals
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subs == nil {
		s.subs = map[string]map[int]func(string){}
	}
	if s.subs[topic] == nil {
		s.subs[topic] = map[int]func(string){}
	}
	s.last++
	n := s.last
	s.subs[topic][n] = f
	if db.pg {
		s.start.Do(func() {
			ctx, stop := context.WithCancel(context.Background())
			s.stop = stop
			go db.listen(ctx)
		})
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subs[topic], n)
	}
}

func (s *signals) deliver(topic, payload string) {
	s.mu.Lock()
	fs := make([]func(string), 0, len(s.subs[topic]))
	for _, f := range s.subs[topic] {
		fs = append(fs, f)
	}
	s.mu.Unlock()
	for _, f := range fs {
		f(payload)
	}
}

// listen holds one connection and passes on what arrives, for as long as the
// database is open. A lost connection is made again; what was announced
// meanwhile is missed, as Signal says.
func (db *DB) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if err := db.listenOnce(ctx); err != nil && ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
}

func (db *DB) listenOnce(ctx context.Context) error {
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		pg := driver.(*stdlib.Conn).Conn()
		if _, err := pg.Exec(ctx, "LISTEN "+channel); err != nil {
			return err
		}
		for {
			n, err := pg.WaitForNotification(ctx)
			if err != nil {
				return err
			}
			topic, payload, _ := strings.Cut(n.Payload, " ")
			db.signals.deliver(topic, payload)
		}
	})
}
