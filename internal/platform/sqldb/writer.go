package sqldb

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// batchLimit is how many transactions share one commit at most: it bounds how
// long the first of them waits and how much a power cut takes back unseen.
const batchLimit = 256

// ErrClosed is returned for work that comes after Close.
var ErrClosed = errors.New("database is closed")

// writer runs transactions on SQLite's one writing connection, in the order in
// which they come, and commits together those that wait at the same time.
type writer struct {
	path  string
	conn  *lite
	queue chan *work
	stop  chan struct{}
	ended chan struct{}
	once  sync.Once
}

// work is one transaction: run does it and returns what to call once durable.
type work struct {
	run      func(runner) ([]func(), error)
	done     chan error
	err      error
	panicked any
	onCommit []func()
}

func newWriter(path string) (*writer, error) {
	if err := registerJoined(); err != nil {
		return nil, err
	}
	conn, err := openLite(path, joinedVFS, writerPragmas...)
	if err != nil {
		return nil, err
	}
	w := &writer{path: path, conn: conn, queue: make(chan *work, batchLimit), stop: make(chan struct{}), ended: make(chan struct{})}
	go w.loop()
	return w, nil
}

func (w *writer) do(ctx context.Context, run func(runner) ([]func(), error)) error {
	job := &work{run: run, done: make(chan error, 1)}
	select {
	case <-w.stop:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	case w.queue <- job:
	}
	// Once queued it is waited for, whatever ctx says: the caller must know
	// whether it happened.
	select {
	case err := <-job.done:
		return job.result(err)
	case <-w.ended:
	}
	select {
	case err := <-job.done:
		return job.result(err)
	default:
		return ErrClosed
	}
}

func (j *work) result(err error) error {
	if j.panicked != nil {
		panic(j.panicked)
	}
	return err
}

func (w *writer) loop() {
	defer close(w.ended)
	batch := make([]*work, 0, batchLimit)
	for {
		var first *work
		select {
		case first = <-w.queue:
		case <-w.stop:
			select {
			case first = <-w.queue:
			default:
				return
			}
		}
		batch = append(batch[:0], first)
	more:
		for len(batch) < batchLimit {
			select {
			case next := <-w.queue:
				batch = append(batch, next)
			default:
				break more
			}
		}
		w.commit(batch)
		clear(batch)
	}
}

// commit runs the batch in one transaction of the database. When that one fails
// as a whole nothing of it happened, and each of the batch gets the error.
func (w *writer) commit(batch []*work) {
	err := w.try(batch, false)
	if errors.Is(err, errJob) && len(batch) > 1 {
		err = w.try(batch, true)
	}
	for _, job := range batch {
		if err != nil && !errors.Is(err, errJob) {
			job.done <- fmt.Errorf("committing: %w", err)
			continue
		}
		if job.err == nil {
			for _, f := range job.onCommit {
				f()
			}
		}
		job.done <- job.err
	}
}

// errJob says that a job failed and took the whole batch with it.
var errJob = errors.New("a job of the batch failed")

// try runs the batch in one transaction. apart puts each job into a savepoint,
// so that one that fails is undone alone. Savepoints have SQLite copy every
// page that a job touches, and few jobs fail: so a batch is run without them
// first, and once more with them when errJob is returned.
func (w *writer) try(batch []*work, apart bool) error {
	if err := w.begin(); err != nil {
		return err
	}
	var err error
	for _, job := range batch {
		job.err, job.panicked, job.onCommit = nil, nil, nil
		if apart {
			err = w.apart(job)
		} else if job.perform(w.conn); job.err != nil {
			err = errJob
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = w.run("COMMIT")
	}
	if err == nil {
		return nil
	}
	if e := w.run("ROLLBACK"); e != nil || !errors.Is(err, errJob) {
		w.drop()
	}
	return err
}

func (w *writer) begin() error {
	if w.conn == nil {
		conn, err := openLite(w.path, joinedVFS, writerPragmas...)
		if err != nil {
			return err
		}
		w.conn = conn
	}
	if err := w.run("BEGIN IMMEDIATE"); err != nil {
		w.drop()
		return fmt.Errorf("beginning: %w", err)
	}
	return nil
}

// apart runs a job inside a savepoint. An error of the job is the job's own;
// the error returned here is the connection's.
func (w *writer) apart(job *work) error {
	if err := w.run("SAVEPOINT job"); err != nil {
		return err
	}
	if job.perform(w.conn); job.err != nil {
		if err := w.run("ROLLBACK TO job"); err != nil {
			return err
		}
	}
	err := w.run("RELEASE job")
	return err
}

// perform runs the job and notes how it went.
func (j *work) perform(conn runner) {
	defer func() {
		if p := recover(); p != nil {
			j.panicked, j.err = p, errors.New("panic in a transaction")
		}
	}()
	j.onCommit, j.err = j.run(conn)
}

// drop forgets the connection after a failure, so that the next batch starts
// from a clean one.
func (w *writer) drop() {
	if w.conn != nil {
		w.conn.close()
		w.conn = nil
	}
}

// run runs a statement without arguments and rows.
func (w *writer) run(statement string) error {
	_, err := w.conn.run(statement, nil)
	return err
}

// close lets what is queued end and closes the connection.
func (w *writer) close() error {
	w.once.Do(func() { close(w.stop) })
	<-w.ended
	w.drop()
	return nil
}
