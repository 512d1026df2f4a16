package register_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/platform/fault"
	"kabinet/internal/register"
	"kabinet/internal/register/passport"
	"kabinet/internal/register/pension"
	"kabinet/internal/register/post"
	"kabinet/internal/register/tax"
	"kabinet/internal/sandbox"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// partners are the clients of the sandbox.
type partners struct {
	*sandbox.Sandbox
	passport *passport.Client
	pension  *pension.Client
	tax      *tax.Client
	post     *post.Client
}

func newPartners(t *testing.T) partners {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Now: func() time.Time { return noon }, Slow: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(func() { s.Close(); srv.Close() })
	c := register.Config{URL: srv.URL + "/", Token: s.Token()}
	return partners{s, passport.New(c), pension.New(c), tax.New(c), post.New(c)}
}

func subject(i int) register.Subject {
	p := sandbox.People[i]
	return register.Subject{Surname: p.Surname, Name: p.Name, Patronymic: p.Patronymic, BirthDate: p.BirthDate, PassportSeries: p.PassportSeries,
		PassportNumber: p.PassportNumber, PassportIssuedOn: p.IssuedOn, DivisionCode: p.DivisionCode, SNILS: p.SNILS}
}

// Proves: S-08, S-09
func TestRegistersTellAMatchFromEverythingElse(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	set := func(st sandbox.State) func() {
		return func() {
			if ok, err := w.SetState(st); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
	}
	for _, tt := range []struct {
		says          string
		before        func()
		change        func(*register.Subject)
		passport, snn register.Check
	}{
		{"all agrees", nil, nil, register.Check{Verdict: register.Match, Address: sandbox.People[0].Address}, register.Check{Verdict: register.Match}},
		{"a slip in the birth date", nil, func(s *register.Subject) { s.BirthDate = "1991-03-15" },
			register.Check{Verdict: register.Mismatch, Fields: []string{"birthDate"}}, register.Check{Verdict: register.Mismatch, Fields: []string{"birthDate"}}},
		{"an expired passport", set(sandbox.State{Person: "1", Passport: sandbox.StateExpired}), nil, register.Check{Verdict: register.Expired}, register.Check{Verdict: register.Match}},
		{"a lost passport", set(sandbox.State{Person: "1", Passport: sandbox.StateInvalid}), nil, register.Check{Verdict: register.Invalid}, register.Check{Verdict: register.Match}},
		{"somebody else's passport", set(sandbox.State{Person: "1", Passport: sandbox.StateOther}), nil, register.Check{Verdict: register.Another}, register.Check{Verdict: register.Match}},
		{"dead for both", set(sandbox.State{Person: "1", Passport: sandbox.StateDead, Pension: sandbox.StateDead}), nil, register.Check{Verdict: register.Dead}, register.Check{Verdict: register.Dead}},
		{"unknown to both", set(sandbox.State{Person: "1", Passport: sandbox.StateMissing, Pension: sandbox.StateMissing}), nil, register.Check{Verdict: register.NotFound}, register.Check{Verdict: register.NotFound}},
	} {
		if tt.before != nil {
			tt.before()
		}
		s := subject(0)
		if tt.change != nil {
			tt.change(&s)
		}
		got, err := w.passport.Check(t.Context(), "r1", s)
		if diff := cmp.Diff(tt.passport, got); diff != "" || err != nil {
			t.Errorf("%s, passport: %v %s", tt.says, err, diff)
		}
		got, err = w.pension.Check(t.Context(), "r2", s)
		if diff := cmp.Diff(tt.snn, got); diff != "" || err != nil {
			t.Errorf("%s, pension: %v %s", tt.says, err, diff)
		}
	}
	if got, err := w.tax.Number(t.Context(), "r3", subject(1)); err != nil || got.INN != sandbox.People[1].INN {
		t.Errorf("ИНН: %+v %v", got, err)
	}
}

func TestAPartnerInTroubleIsNamedAndNothingPersonalIsTold(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{sandbox.ModeDown, sandbox.ModeBroken} {
		w := newPartners(t)
		for _, p := range []string{sandbox.PartnerPassport, sandbox.PartnerPension, sandbox.PartnerTax, sandbox.PartnerPost} {
			if err := w.SetFault(p, mode); err != nil {
				t.Fatal(err)
			}
		}
		s := subject(0)
		_, first := w.passport.Check(t.Context(), "r1", s)
		_, second := w.pension.Check(t.Context(), "r1", s)
		_, third := w.tax.Number(t.Context(), "r1", s)
		fourth := w.post.Send(t.Context(), post.Letter{ID: "l1", Name: s.Surname, Address: sandbox.People[0].Address, Text: "Код"})
		for i, tt := range []struct{ err, want error }{
			{first, passport.ErrUnavailable}, {second, pension.ErrUnavailable}, {third, tax.ErrUnavailable}, {fourth, post.ErrUnavailable},
		} {
			if !errors.Is(tt.err, tt.want) || fault.Of(tt.err).Kind != fault.Unavailable {
				t.Errorf("%s, %d: %v, want %v", mode, i, tt.err, tt.want)
			}
			for _, secret := range []string{s.Surname, s.SNILS, s.PassportNumber, "Садовая"} {
				if tt.err != nil && strings.Contains(tt.err.Error(), secret) {
					t.Errorf("the error tells %s", secret)
				}
			}
		}
	}
}

func TestAnswersOfARegisterThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"to another request": `{"requestId":"r2","status":"valid"}`, "an unknown status": `{"requestId":"r1","status":"maybe"}`,
		"a mismatch of nothing": `{"requestId":"r1","status":"mismatch"}`, "empty": ``,
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte(body))
		}))
		_, err := passport.New(register.Config{URL: srv.URL}).Check(t.Context(), "r1", subject(0))
		srv.Close()
		if !errors.Is(err, passport.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALetterOrderedTwiceIsOne(t *testing.T) {
	t.Parallel()
	w := newPartners(t)
	l := post.Letter{ID: "l1", Name: "Соколова М. А.", Address: "ул. Садовая, 12", Text: "Код: АБВ-123"}
	for range 2 {
		if err := w.post.Send(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	l.Text = "другое"
	if err := w.post.Send(t.Context(), l); !errors.Is(err, register.ErrRefused) {
		t.Errorf("another letter under the same ID: %v", err)
	}
	if got := w.Letters(); len(got) != 1 || got[0].Text != "Код: АБВ-123" {
		t.Errorf("%+v", got)
	}
}
