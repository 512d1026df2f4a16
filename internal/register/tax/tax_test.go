package tax

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/platform/fault"
	"kabinet/internal/register"
	"kabinet/internal/sandbox"
)

// How long a partner that fails is left alone: register's own figures.
const (
	failuresToOpen = 5
	openFor        = 30 * time.Second
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func fixed() time.Time { return noon }

// newSandbox returns the partner, how to reach it, and a request it finds.
func newSandbox(t *testing.T) (*sandbox.Sandbox, string, Request) {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Now: fixed, Slow: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(func() { s.Close(); srv.Close() })
	p := sandbox.People[0]
	return s, srv.URL, Request{
		ID: "r1", INN: p.INN, SNILS: p.SNILS, Surname: p.Surname, Name: p.Name, Patronymic: p.Patronymic, BirthDate: p.BirthDate,
		Passport: Passport{p.PassportSeries, p.PassportNumber}, Year: 2025,
	}
}

func TestIncomeCertificate(t *testing.T) {
	t.Parallel()
	s, url, q := newSandbox(t)
	c := New(register.Config{URL: url + "/", Token: s.Token()})
	got, err := c.IncomeCertificate(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != Found || len(got.Agents) != 1 || len(got.Agents[0].Income) != 14 || got.Totals != (Totals{85_500_000, 11_115_000}) {
		t.Errorf("answered %+v", got)
	}
	again, err := c.IncomeCertificate(t.Context(), q)
	if diff := cmp.Diff(got, again); diff != "" || err != nil {
		t.Errorf("the same request again: %v %s", err, diff)
	}
	for _, tt := range []struct {
		name   string
		change func(*Request)
		want   Answer
		err    error
	}{
		{"another birth date", func(q *Request) { q.BirthDate = "1991-03-15" }, Answer{Status: Mismatch, Fields: []string{"birthDate"}}, nil},
		{"nobody", func(q *Request) { q.INN, q.SNILS, q.Passport = "500100732259", "", Passport{} }, Answer{Status: NotFound}, nil},
		{"no income", func(q *Request) { q.Year = 2016 }, Answer{Status: Found, Agents: []Agent{}}, nil},
		{"wrong check digits", func(q *Request) { q.INN = "500100732258" }, Answer{}, register.ErrRefused},
	} {
		q := q
		q.ID = tt.name
		tt.change(&q)
		got, err := c.IncomeCertificate(t.Context(), q)
		if tt.err == nil {
			tt.want.ID = tt.name
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, want %v %s", tt.name, err, tt.err, diff)
		}
	}
}

func TestPartnerInTrouble(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{sandbox.ModeDown, sandbox.ModeBroken, sandbox.ModeSlow} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s, url, q := newSandbox(t)
			if err := s.SetFault(sandbox.PartnerTax, mode); err != nil {
				t.Fatal(err)
			}
			c := New(register.Config{URL: url, Token: s.Token(), Timeout: 50 * time.Millisecond})
			_, err := c.IncomeCertificate(t.Context(), q)
			if !errors.Is(err, ErrUnavailable) || fault.Of(err).Kind != fault.Unavailable {
				t.Errorf("%v, want ErrUnavailable", err)
			}
			for _, secret := range []string{q.Surname, q.SNILS, q.INN, q.Passport.Number, s.Token()} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells %s", secret)
				}
			}
			if err := s.SetFault(sandbox.PartnerTax, sandbox.ModeOK); err != nil {
				t.Fatal(err)
			}
			c = New(register.Config{URL: url, Token: s.Token()}) // more patient: the machine may be busy
			if a, err := c.IncomeCertificate(t.Context(), q); err != nil || a.Status != Found {
				t.Errorf("after it: %v %v", a.Status, err)
			}
		})
	}
}

func TestWrongTokenIsOurMistake(t *testing.T) {
	t.Parallel()
	_, url, q := newSandbox(t)
	if _, err := New(register.Config{URL: url, Token: "wrong"}).IncomeCertificate(t.Context(), q); !errors.Is(err, register.ErrRefused) {
		t.Errorf("%v, want register.ErrRefused", err)
	}
}

func TestAnswersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	const agent = `{"name":"A","inn":"1","kpp":"2","income":[{"month":1,"code":"2000","kopecks":100}],"incomeKopecks":100,"taxKopecks":13}`
	found := func(agents, totals string) string {
		return `{"requestId":"r1","status":"found","agents":[` + agents + `],"totals":` + totals + `}`
	}
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   error
	}{
		{"a good one", 200, found(agent, `{"incomeKopecks":100,"taxKopecks":13}`), nil},
		{"fields nobody knows yet", 200, `{"requestId":"r1","status":"not_found","new":1}`, nil},
		{"to another request", 200, `{"requestId":"r2","status":"not_found"}`, ErrUnavailable},
		{"an unknown status", 200, `{"requestId":"r1","status":"maybe"}`, ErrUnavailable},
		{"a mismatch of nothing", 200, `{"requestId":"r1","status":"mismatch"}`, ErrUnavailable},
		{"totals that do not add up", 200, found(agent, `{"incomeKopecks":101,"taxKopecks":13}`), ErrUnavailable},
		{"an agent whose months do not add up", 200, found(strings.Replace(agent, `"kopecks":100`, `"kopecks":99`, 1), `{"incomeKopecks":100,"taxKopecks":13}`), ErrUnavailable},
		{"a thirteenth month", 200, found(strings.Replace(agent, `"month":1`, `"month":13`, 1), `{"incomeKopecks":100,"taxKopecks":13}`), ErrUnavailable},
		{"empty", 200, ``, ErrUnavailable},
		{"over 1 MiB", 200, found(agent, `{"incomeKopecks":100,"taxKopecks":13}`) + strings.Repeat(" ", 1<<20), ErrUnavailable},
		{"a redirect", 302, ``, ErrUnavailable},
		{"too many requests", 429, ``, ErrUnavailable},
		{"an error of theirs", 500, `{}`, ErrUnavailable},
		{"not allowed", 403, `{}`, register.ErrRefused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}))
			defer srv.Close()
			if _, err := New(register.Config{URL: srv.URL}).IncomeCertificate(t.Context(), Request{ID: "r1"}); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

func TestPartnerThatFailsIsLeftAloneForAWhile(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	var well atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if !well.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, `{"requestId":"r1","status":"not_found"}`)
	}))
	defer srv.Close()
	now := noon
	c := New(register.Config{URL: srv.URL, Now: func() time.Time { return now }})
	ask := func() error {
		_, err := c.IncomeCertificate(t.Context(), Request{ID: "r1"})
		return err
	}
	for i := range failuresToOpen + 3 {
		if err := ask(); !errors.Is(err, ErrUnavailable) {
			t.Fatalf("question %d: %v", i, err)
		}
	}
	if n := asked.Load(); n != failuresToOpen {
		t.Errorf("asked %d times, want %d", n, failuresToOpen)
	}
	now = now.Add(openFor) // one is let through, fails, and closes the door again
	ask()
	ask()
	if n := asked.Load(); n != failuresToOpen+1 {
		t.Errorf("asked %d times after the pause, want one more than %d", n, failuresToOpen)
	}
	well.Store(true)
	now = now.Add(openFor - time.Second)
	if err := ask(); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a second before the pause is over: %v", err)
	}
	now = now.Add(time.Second)
	for range 3 {
		if err := ask(); err != nil {
			t.Errorf("after the partner got well: %v", err)
		}
	}
}

func TestWhoGivesUpDoesNotBlameThePartner(t *testing.T) {
	t.Parallel()
	s, url, q := newSandbox(t)
	c := New(register.Config{URL: url, Token: s.Token()})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range failuresToOpen + 1 {
		if _, err := c.IncomeCertificate(ctx, q); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%v, want ErrUnavailable", err)
		}
	}
	if _, err := c.IncomeCertificate(t.Context(), q); err != nil {
		t.Errorf("the next one: %v", err)
	}
}
