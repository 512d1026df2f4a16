package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/sqldb"
)

// cheap makes passwords cost next to nothing.
func (w *world) cheap() *world {
	w.Service.hasher = newHasherOf(w.keys, 64, 1)
	return w
}

// Proves: A-94
// ASVS: V6.3.1
func TestTriesAtOnceDoNotGetPastFive(t *testing.T) {
	t.Parallel()
	w := newWorld(t).cheap()
	w.registered(phone)
	for _, l := range []Login{login(phone), login("+79000009999")} {
		before := w.Service.hasher.done.Load()
		var wg sync.WaitGroup
		var wrong, locked atomic.Int64
		for range 40 {
			wg.Go(func() {
				_, err := w.SignIn(context.Background(), client("203.0.113.9"), SignIn{Login: l, Password: "wrong"})
				switch {
				case errors.Is(err, ErrWrong):
					wrong.Add(1)
				case errors.Is(err, ErrLocked):
					locked.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if looked := w.Service.hasher.done.Load() - before; looked != failuresToLock || wrong.Load() != failuresToLock-1 || locked.Load() != 36 {
			t.Errorf("%d passwords of 40 were looked at, %d wrong, %d locked", looked, wrong.Load(), locked.Load())
		}
	}
}

// The holder's own tries at once are no guesses: all that are let through get in.
func TestRightPasswordsAtOnceDoNotLock(t *testing.T) {
	t.Parallel()
	w := newWorld(t).cheap()
	w.registered(phone)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := w.SignIn(context.Background(), client("192.0.2.1"), SignIn{Login: login(phone), Password: goodPassword}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for range failuresToLock - 1 {
		_, err := w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: "wrong"})
		want(t, err, ErrWrong)
	}
}

// A guessing attack of 10 000 tries over 200 addresses gets in nowhere, though
// the password is on its list, and shuts nobody out for good.
//
// Proves
// ASVS: V6.1.1, V6.3.1
func TestAGuessingAttack(t *testing.T) {
	t.Parallel()
	w := newWorld(t).cheap()
	owner := w.registered(phone)
	account := owner.Session.Account
	var right, looked int
	for n := range 10_000 {
		c := client(fmt.Sprintf("198.51.%d.%d", n%200/100, 1+n%100))
		password := fmt.Sprintf("Guess-%d!", n)
		if n%200 == 199 && n > 2000 {
			password = goodPassword // it is on the list, but comes late
		}
		before := w.Service.hasher.done.Load()
		_, err := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: password})
		looked += int(w.Service.hasher.done.Load() - before)
		switch {
		case err == nil:
			right++
		case !errors.Is(err, ErrWrong) && !errors.Is(err, ErrLocked) && !errors.Is(err, limit.ErrTooMany):
			t.Fatal(err)
		}
		w.pass(time.Second)
	}
	if right > 0 {
		t.Errorf("%d tries got in", right)
	}
	if looked > failuresEver {
		t.Errorf("%d of 10 000 guesses were looked at", looked)
	}
	// The holder gets in on the device that is known, and anywhere after a code.
	_, err := w.SignIn(t.Context(), at("192.0.2.1", owner), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)
	w.drain()
	elsewhere := client("192.0.2.200")
	flow, err := w.StartUnlock(t.Context(), elsewhere, login(phone), i18n.RU)
	want(t, err, nil)
	want(t, w.Unlock(t.Context(), elsewhere, flow, w.code(phone)), nil)
	_, err = w.SignIn(t.Context(), elsewhere, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)
	if got := w.told(account, "account.notice_locked"); got == 0 || got > 2 {
		t.Errorf("the holder was told %d times", got)
	}
}

// No answer, size or work tells whether a phone, e-mail, СНИЛС or ИНН has an
// account: the same statements are run and the same passwords hashed.
//
// Proves
// ASVS: V6.3.8
func TestTheSameWorkForLoginsThatNobodyHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t).cheap()
	st := w.registered(phone)
	known := []Login{login(phone), {Email, "marina@example.test"}, {SNILS, "11223344595"}, {INN, "500100732259"}}
	unknown := []Login{login("+79000009999"), {Email, "nobody@example.test"}, {SNILS, "11223344696"}, {INN, "500100732200"}}
	want(t, w.db.Tx(t.Context(), func(tx *txDB) error {
		for _, l := range known[1:] {
			if err := w.Claim(t.Context(), tx, st.Session.Account, l); err != nil {
				return err
			}
		}
		return nil
	}), nil)
	type work struct {
		statements, hashes int64
		err                string
	}
	of := func(do func(ctx context.Context) error) (done work) {
		ctx, n := sqldb.Count(t.Context())
		before := w.Service.hasher.done.Load()
		if err := do(ctx); err != nil {
			done.err = err.Error()
		}
		done.statements, done.hashes = n.Load(), w.Service.hasher.done.Load()-before
		return done
	}
	for i := range known {
		for name, do := range map[string]func(ctx context.Context, l Login) error{
			"a wrong password": func(ctx context.Context, l Login) error {
				_, err := w.SignIn(ctx, client("203.0.113.9"), SignIn{Login: l, Password: "wrong"})
				return err
			},
			"a lock": func(ctx context.Context, l Login) error {
				from := client(fmt.Sprintf("203.0.113.%d", 100+len(l.Kind)+len(l.Value))) // an address of its own
				for range failuresToLock {
					_, _ = w.SignIn(ctx, from, SignIn{Login: l, Password: "wrong"})
				}
				_, err := w.SignIn(ctx, from, SignIn{Login: l, Password: goodPassword})
				return err
			},
			"a code by phone": func(ctx context.Context, l Login) error {
				_, err := w.StartPhoneCode(ctx, client("203.0.113.9"), SignIn{Login: l})
				return err
			},
			"a registration": func(ctx context.Context, l Login) error {
				_, err := w.StartRegistration(ctx, client("203.0.113.9"), l.Value, i18n.RU)
				return err
			},
			"recovery": func(ctx context.Context, l Login) error {
				_, err := w.StartRecovery(ctx, client("203.0.113.9"), l, i18n.RU)
				return err
			},
			"unlocking": func(ctx context.Context, l Login) error {
				_, err := w.StartUnlock(ctx, client("203.0.113.9"), l, i18n.RU)
				return err
			},
		} {
			if known[i].Kind != Phone && name != "a wrong password" && name != "a lock" && name != "recovery" && name != "unlocking" {
				continue
			}
			if known[i].Kind != Phone && known[i].Kind != Email && (name == "recovery" || name == "unlocking") {
				continue
			}
			a := of(func(ctx context.Context) error { return do(ctx, known[i]) })
			b := of(func(ctx context.Context) error { return do(ctx, unknown[i]) })
			if a != b {
				t.Errorf("%s by %s: %+v for an account, %+v for none", name, known[i].Kind, a, b)
			}
		}
	}
}

// The pages are alike to the byte, but for what was typed and what is random.
//
// Proves: A-23
// ASVS: V6.3.8
func TestTheSamePagesForLoginsThatNobodyHas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.cheap()
	st := s.registered(phone)
	want(t, s.db.Tx(t.Context(), func(tx *txDB) error {
		return s.Claim(t.Context(), tx, st.Session.Account, Login{SNILS, "11223344595"})
	}), nil)
	for _, pair := range [][3]string{{"phone", phone, "+79000001334"}, {"snils", "11223344595", "11223344696"}, {"email", "anna@example.test", "olga@example.test"}} {
		var answers [2]string
		for i := range answers {
			b := s.browser(t)
			b.get("/login?by=" + pair[0])
			b.send("login", pair[1+i], "password", "wrong")
			answers[i] = fmt.Sprintf("%d %d", b.status, len(b.body))
			if strings.Contains(b.body, "csrf") {
				b.do(http.MethodPost, "/login", url.Values{"csrf": {b.value("csrf")}, "by": {pair[0]}, "login": {pair[1+i]}, "password": {""}})
				answers[i] += fmt.Sprintf(", %d %d", b.status, len(b.body))
			}
		}
		if answers[0] != answers[1] {
			t.Errorf("by %s: %s for an account, %s for none", pair[0], answers[0], answers[1])
		}
	}
}
