package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// Stand is the program running with sample people and simulated partners.
type Stand struct {
	URL     string // of the portal, without a slash at the end
	Sandbox string // of the partners' simulators
	Data    string // folder

	cmd  *exec.Cmd
	out  *output
	args []string
	seen seen

	desk sync.Mutex // held by whoever signs in as a clerk: the codes go to one phone
}

// output keeps what a program prints, for the report of a failed test.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// binary builds the program once for all stories.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kabinet-e2e")
	if err != nil {
		return "", err
	}
	atEnd(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "kabinet")
	out, err := exec.Command("go", "build", "-o", path, "../cmd/kabinet").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, nil
})

// start starts a stand of the test's own and ends it with the test. Most
// stories share one: see shared.
func start(t *testing.T) *Stand {
	t.Helper()
	s, err := newStand()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the program printed:\n%s", tail(s.out.String(), 4000))
		}
		s.end()
	})
	return s
}

var sharedStand = sync.OnceValues(func() (*Stand, error) {
	s, err := newStand()
	if err == nil {
		atEnd(s.end)
	}
	return s, err
})

// shared returns the stand that stories share which make people of their own.
func shared(t *testing.T) *Stand {
	t.Helper()
	s, err := sharedStand()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newStand() (*Stand, error) {
	data, err := os.MkdirTemp("", "kabinet-e2e-data")
	if err != nil {
		return nil, err
	}
	portal, sandbox, err := freeAddresses()
	if err != nil {
		return nil, err
	}
	s := &Stand{URL: "http://" + portal, Sandbox: "http://" + sandbox, Data: data, out: &output{}}
	s.args = []string{"demo", "--listen", portal, "--sandbox-listen", sandbox, "--data", data}
	if server := os.Getenv("KABINET_TEST_PG"); server != "" {
		database, err := newDatabase(server)
		if err != nil {
			return nil, err
		}
		s.args = append(s.args, "--database", database)
	}
	if err := s.run(); err != nil {
		s.end()
		return nil, err
	}
	return s, nil
}

// run starts the program and waits until it is ready.
func (s *Stand) run() error {
	path, err := binary()
	if err != nil {
		return err
	}
	s.cmd = exec.Command(path, s.args...)
	s.cmd.Env = withoutSettings(os.Environ())
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("starting the program: %w", err)
	}
	client := &http.Client{Timeout: time.Second}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		resp, err := client.Get(s.URL + "/readyz")
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("the program is not ready after 30 s; it printed:\n%s", tail(s.out.String(), 4000))
}

// Kill ends the program at once, as a power cut would.
func (s *Stand) Kill(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait() // tells only that it was killed
}

// Stop ends the program as Ctrl-C does and fails when it does not end well.
func (s *Stand) Stop(t *testing.T) {
	t.Helper()
	if err := s.interrupt(); err != nil {
		t.Fatalf("the program did not stop well: %v; it printed:\n%s", err, tail(s.out.String(), 2000))
	}
}

// Restart starts the program again with the same data after Kill or Stop.
func (s *Stand) Restart(t *testing.T) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
}

func (s *Stand) interrupt() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	timer := time.AfterFunc(15*time.Second, func() { _ = s.cmd.Process.Signal(syscall.SIGQUIT) }) // prints where it hangs
	defer timer.Stop()
	return s.cmd.Wait()
}

func (s *Stand) end() {
	if s.cmd != nil && s.cmd.Process != nil && s.cmd.ProcessState == nil {
		_ = s.interrupt()
	}
	os.RemoveAll(s.Data)
}

// Output returns what the program has printed.
func (s *Stand) Output() string { return s.out.String() }

// freeAddresses returns two that nobody listens on.
func freeAddresses() (a, b string, err error) {
	var found [2]string
	for i := range found {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", "", err
		}
		defer l.Close()
		found[i] = l.Addr().String()
	}
	return found[0], found[1], nil
}

// newDatabase makes a database on a server and returns its URL.
func newDatabase(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	db, err := sql.Open("pgx", server)
	if err != nil {
		return "", err
	}
	defer db.Close()
	name := fmt.Sprintf("e2e_%d", time.Now().UnixNano())
	if _, err := db.ExecContext(context.Background(), "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("making a database: %w", err)
	}
	u.Path = "/" + name
	return u.String(), nil
}

// withoutSettings leaves out variables that would configure the program.
func withoutSettings(env []string) []string {
	var kept []string
	for _, v := range env {
		if len(v) < 8 || v[:8] != "KABINET_" {
			kept = append(kept, v)
		}
	}
	return kept
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}
