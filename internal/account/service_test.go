package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/limit"
)

const phone = "+79000001234"

// Proves
func TestRegistrationOpensAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	a, err := w.Account(t.Context(), s.Session.Account)
	want(t, err, nil)
	if len(a.Number) != 10 || a.Level != Simplified || a.Staff || a.SecondFactor || a.Lang != "ru" {
		t.Errorf("account is %+v", a)
	}
	if got := w.names[a.ID]; got != sample().Name {
		t.Errorf("kept name %+v", got)
	}
	if got, why, err := w.Current(t.Context(), s.Cookie); err != nil || why != "" || got.ID != s.Session.ID {
		t.Errorf("the session does not work at once: %v %q", err, why)
	}
	if got, err := w.Find(t.Context(), Login{Number, a.Number}); err != nil || got != a.ID {
		t.Errorf("the account number finds %q, %v", got, err)
	}
	if acts := w.acts(a.ID); !slices.Equal(acts, []string{"account.audit_registered", "account.audit_signed_in"}) {
		t.Errorf("audit log says %v", acts)
	}
	want(t, audit.Verify(t.Context(), w.db, a.ID), nil)
}

// Proves: A-21
func TestRegistrationNeedsConsentAndAGoodPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := client("192.0.2.1")
	flow, err := w.StartRegistration(t.Context(), c, phone, i18n.RU)
	want(t, err, nil)
	r := sample()
	_, err = w.Register(t.Context(), c, flow, r)
	want(t, err, ErrFlow) // the code was not given yet
	want(t, w.Prove(t.Context(), c, flow, w.code(phone)), nil)
	r.Consents = nil
	_, err = w.Register(t.Context(), c, flow, r)
	want(t, err, ErrConsent)
	for _, weak := range []string{"Ab1!", "sokolova-2026", "Соколова1!", "Password1!"} {
		r = sample()
		r.Password = weak
		_, err = w.Register(t.Context(), c, flow, r)
		want(t, err, ErrPassword)
	}
	_, err = w.Register(t.Context(), client("192.0.2.1"), flow, sample())
	want(t, err, ErrFlow) // another browser
	_, err = w.Register(t.Context(), c, flow, sample())
	want(t, err, nil)
	_, err = w.Register(t.Context(), c, flow, sample())
	want(t, err, ErrFlow) // once
}

func TestTwoRegistrationsOfOnePhoneMakeOneAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	type tab struct {
		c    Client
		flow string
	}
	var tabs []tab
	for range 2 {
		c := client("192.0.2.1")
		flow, err := w.StartRegistration(t.Context(), c, phone, i18n.RU)
		want(t, err, nil)
		want(t, w.Prove(t.Context(), c, flow, w.code(phone)), nil)
		tabs = append(tabs, tab{c, flow})
	}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, one := range tabs {
		wg.Go(func() { _, errs[i] = w.Register(context.Background(), one.c, one.flow, sample()) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), ErrTaken) {
		t.Errorf("errors are %v", errs)
	}
}

// Proves: A-23
func TestRegistrationOfAKnownPhoneTellsOnlyItsHolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.registered(phone)
	c := client("203.0.113.9")
	flow, err := w.StartRegistration(t.Context(), c, phone, i18n.RU)
	want(t, err, nil)
	all := w.texts(phone)
	if last := all[len(all)-1]; digits6.MatchString(last) || !strings.Contains(last, "https://kabinet.test/recover") {
		t.Errorf("the message says %q", last)
	}
	step, err := w.Step(t.Context(), c, flow, flowRegister)
	want(t, err, nil)
	if step.To != login(phone) || step.Left != CodeTries {
		t.Errorf("the page shows %+v", step)
	}
	for left := CodeTries - 1; left > 0; left-- {
		wrong := &WrongCode{}
		if err := w.Prove(t.Context(), c, flow, "123456"); !errors.As(err, &wrong) || wrong.Left != left {
			t.Fatalf("got %v, want %d tries left", err, left)
		}
	}
	want(t, w.Prove(t.Context(), c, flow, "123456"), ErrCodeOver)
}

func TestCodes(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) (*world, Client, string) {
		w := newWorld(t)
		c := client("192.0.2.1")
		flow, err := w.StartRegistration(t.Context(), c, phone, i18n.RU)
		want(t, err, nil)
		return w, c, flow
	}
	t.Run("five wrong tries void it", func(t *testing.T) {
		t.Parallel()
		w, c, flow := start(t)
		right := w.code(phone)
		for range CodeTries - 1 {
			want(t, w.Prove(t.Context(), c, flow, other(right)), ErrCode)
		}
		want(t, w.Prove(t.Context(), c, flow, other(right)), ErrCodeOver)
		want(t, w.Prove(t.Context(), c, flow, right), ErrCodeOver)
	})
	t.Run("a second before the end it works", func(t *testing.T) {
		t.Parallel()
		w, c, flow := start(t)
		right := w.code(phone)
		w.pass(CodeLife - time.Second)
		want(t, w.Prove(t.Context(), c, flow, right), nil)
	})
	t.Run("after five minutes it is over, and stays so when the clock steps back an hour", func(t *testing.T) {
		t.Parallel()
		w, c, flow := start(t)
		right := w.code(phone)
		w.pass(CodeLife)
		want(t, w.Prove(t.Context(), c, flow, right), ErrCodeOver)
		w.pass(-time.Hour)
		want(t, w.Prove(t.Context(), c, flow, right), ErrCodeOver)
	})
	t.Run("a new one is sent after a minute, and the old one is over", func(t *testing.T) {
		t.Parallel()
		w, c, flow := start(t)
		old := w.code(phone)
		w.pass(CodeResend - time.Second)
		want(t, w.Resend(t.Context(), c, flow, flowRegister), ErrTooSoon)
		w.pass(time.Second)
		want(t, w.Resend(t.Context(), c, flow, flowRegister), nil)
		fresh := w.code(phone)
		if fresh != old {
			want(t, w.Prove(t.Context(), c, flow, old), ErrCode)
		}
		want(t, w.Prove(t.Context(), c, flow, fresh), nil)
	})
	t.Run("spaces and hyphens in it do no harm", func(t *testing.T) {
		t.Parallel()
		w, c, flow := start(t)
		right := w.code(phone)
		want(t, w.Prove(t.Context(), c, flow, " "+right[:3]+"-"+right[3:]), nil)
	})
	t.Run("another browser cannot use it", func(t *testing.T) {
		t.Parallel()
		w, _, flow := start(t)
		want(t, w.Prove(t.Context(), client("192.0.2.1"), flow, w.code(phone)), ErrFlow)
	})
	t.Run("a code superseded before it was sent is not sent", func(t *testing.T) {
		t.Parallel()
		w, c, flow := start(t)
		w.pass(CodeResend)
		want(t, w.Resend(t.Context(), c, flow, flowRegister), nil)
		if n := len(w.texts(phone)); n != 1 {
			t.Errorf("%d messages were sent", n)
		}
	})
	t.Run("a phone gets no more than five an hour", func(t *testing.T) {
		t.Parallel()
		w, _, _ := start(t)
		for range 4 {
			_, err := w.StartRegistration(t.Context(), client("192.0.2.7"), phone, i18n.RU)
			want(t, err, nil)
		}
		_, err := w.StartRegistration(t.Context(), client("192.0.2.8"), phone, i18n.RU)
		want(t, err, limit.ErrTooMany)
	})
}

// Proves
func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	c := client("192.0.2.1")
	for _, typed := range []string{"+7 900 000-12-34", "8 (900) 000-12-34", "9000001234"} {
		l, ok := ParseLogin(typed)
		if !ok {
			t.Fatalf("%q is refused", typed)
		}
		in, err := w.SignIn(t.Context(), c, SignIn{Login: l, Password: goodPassword})
		want(t, err, nil)
		if in.Session.Account != s.Session.Account || in.Flow != "" {
			t.Errorf("%q signs in as %+v", typed, in)
		}
	}
	_, err := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: strings.ToLower(goodPassword)})
	want(t, err, ErrWrong)
	_, err = w.SignIn(t.Context(), c, SignIn{Login: login("+79000009999"), Password: goodPassword})
	want(t, err, ErrWrong)
}

// Proves
func TestFiveFailuresLockForTheirSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.registered(phone)
	thief, home := client("203.0.113.9"), client("192.0.2.1")
	for i := 1; i < failuresToLock; i++ {
		_, err := w.SignIn(t.Context(), thief, SignIn{Login: login(phone), Password: "wrong"})
		want(t, err, ErrWrong)
	}
	_, err := w.SignIn(t.Context(), thief, SignIn{Login: login(phone), Password: "wrong"})
	want(t, err, ErrLocked)
	_, err = w.SignIn(t.Context(), thief, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrLocked)
	all := w.texts(phone)
	if last := all[len(all)-1]; !strings.Contains(last, "закрыт") {
		t.Errorf("the holder was told %q", last)
	}
	_, err = w.SignIn(t.Context(), home, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil) // a stranger does not lock the holder out

	w.pass(lockFirst)
	_, err = w.SignIn(t.Context(), thief, SignIn{Login: login(phone), Password: "wrong"})
	want(t, err, ErrLocked)
	w.pass(lockFirst)
	_, err = w.SignIn(t.Context(), thief, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrLocked) // the second lock is longer

	flow, err := w.StartUnlock(t.Context(), thief, login(phone), i18n.RU)
	want(t, err, nil)
	want(t, w.Unlock(t.Context(), thief, flow, w.code(phone)), nil)
	_, err = w.SignIn(t.Context(), thief, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)
}

// Proves: A-23
func TestALoginThatNobodyHasIsLockedAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.registered(phone)
	c := client("203.0.113.9")
	for i := 1; i <= failuresToLock+2; i++ {
		_, known := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: "wrong"})
		_, unknown := w.SignIn(t.Context(), c, SignIn{Login: login("+79000009999"), Password: "wrong"})
		if !errors.Is(known, unknown) {
			t.Fatalf("try %d: %v for an account, %v for none", i, known, unknown)
		}
	}
}

func TestAHundredFailuresLockForAllUntilUnlocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	for i := range failuresEver {
		c := client("2001:db8:" + string(rune('a'+i%6)) + ":" + strings.Repeat("1", i/6%4+1) + "::1")
		want(t, w.missed(s.Session.Account, c), failOf(i))
	}
	_, err := w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrLocked)
	w.pass(365 * 24 * time.Hour)
	_, err = w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrLocked)
	home := client("192.0.2.1")
	home.Devices = map[string]string{DeviceKey(s.Session.Account): s.Device}
	_, err = w.SignIn(t.Context(), home, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrLocked) // after a year no browser is known any more
	flow, err := w.StartUnlock(t.Context(), client("192.0.2.1"), login(phone), i18n.RU)
	want(t, err, nil)
	_ = flow
}

// ASVS: V6.1.1
func TestGuessesFromEverywhereDoNotShutAKnownBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	for i := range failuresEver {
		want(t, w.missed(s.Session.Account, client("2001:db8:"+string(rune('a'+i%6))+":"+strings.Repeat("1", i/6%4+1)+"::1")), failOf(i))
	}
	home := client("192.0.2.1")
	_, err := w.SignIn(t.Context(), home, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrLocked)
	home.Devices = map[string]string{DeviceKey(s.Session.Account): s.Device}
	_, err = w.SignIn(t.Context(), home, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)
}

func TestLocksFollowTheSettings(t *testing.T) {
	t.Parallel()
	l := Locks{Failures: 3, First: time.Minute, Longest: 5 * time.Minute}.filled()
	for n, d := range map[int]time.Duration{2: 0, 3: time.Minute, 4: 2 * time.Minute, 5: 4 * time.Minute, 6: 5 * time.Minute, 60: 5 * time.Minute} {
		if got := l.after(n); got != d {
			t.Errorf("failure %d shuts for %s, want %s", n, got, d)
		}
	}
	if l.Everywhere != failuresEver {
		t.Errorf("the default is %d", l.Everywhere)
	}
}

// missed is a wrong password, without the cost of a hash.
func (w *world) missed(account string, c Client) error {
	try, err := w.reserve(w.t.Context(), account, account, c)
	if err != nil {
		return err
	}
	return w.fail(w.t.Context(), try, c)
}

// failOf is what the i-th failure of the test above answers, from 0: 24 sources
// in turn.
func failOf(i int) error {
	if i/24+1 >= failuresToLock || i+1 >= failuresEver {
		return ErrLocked
	}
	return ErrWrong
}

// Proves
func TestSecondStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	want(t, w.db.Tx(t.Context(), func(tx *txDB) error {
		return w.SetLevel(t.Context(), tx, account, Confirmed, audit.Portal())
	}), nil)
	c := client("192.0.2.1")
	in, err := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: goodPassword, Next: "/services"})
	want(t, err, nil)
	if in.Flow == "" || in.Cookie != "" {
		t.Fatal("a confirmed account got in by password alone")
	}
	right := w.code(phone)
	_, _, err = w.SecondStep(t.Context(), c, in.Flow, other(right), true)
	want(t, err, ErrCode)
	started, step, err := w.SecondStep(t.Context(), c, in.Flow, right, true)
	want(t, err, nil)
	if step.Next != "/services" {
		t.Errorf("leads to %q", step.Next)
	}
	_, _, err = w.SecondStep(t.Context(), c, in.Flow, right, true)
	want(t, err, ErrFlow) // once

	trusted := c
	trusted.Devices = map[string]string{DeviceKey(account): started.Device}
	in, err = w.SignIn(t.Context(), trusted, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)
	if in.Flow != "" || in.Device == started.Device {
		t.Error("a trusted device was asked for a code, or kept its secret")
	}
	_, err = w.SignIn(t.Context(), trusted, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)

	trusted.Devices = map[string]string{DeviceKey(account): in.Device}
	w.pass(deviceLife)
	in, err = w.SignIn(t.Context(), trusted, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)
	if in.Flow == "" {
		t.Error("trust outlived 90 days")
	}
	if in, err = w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: goodPassword, Alien: true}); err != nil {
		t.Fatal(err)
	}
	started, _, err = w.SecondStep(t.Context(), c, in.Flow, w.code(phone), true)
	want(t, err, nil)
	if started.Device != "" || !started.Session.Alien {
		t.Error("a stranger's computer was remembered")
	}
}

func TestAStrangerCannotUseUpTheCodesOfSomebody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	want(t, w.db.Tx(t.Context(), func(tx *txDB) error { return w.SetStaff(t.Context(), tx, s.Session.Account, true) }), nil)
	for range 20 {
		if _, err := w.StartRecovery(t.Context(), client("203.0.113.9"), login(phone), i18n.RU); errors.Is(err, limit.ErrTooMany) {
			break
		}
	}
	in, err := w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: goodPassword, Lang: i18n.EN})
	want(t, err, nil)
	_, _, err = w.SecondStep(t.Context(), client("192.0.2.1"), in.Flow, w.code(phone), false)
	want(t, err, ErrFlow) // another browser
	if all := w.texts(phone); !strings.Contains(all[len(all)-1], "Valid for") {
		t.Errorf("the message is not in the language of the page: %q", all[len(all)-1])
	}
}

// Proves: A-98
func TestRecovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	c := client("198.51.100.4")
	flow, err := w.StartRecovery(t.Context(), c, login(phone), i18n.RU)
	want(t, err, nil)
	const fresh = "Осенний-Дождь 8"
	want(t, w.Recover(t.Context(), c, flow, fresh), ErrFlow) // before the code
	if _, err := w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: goodPassword}); err != nil {
		t.Errorf("asking for recovery changed the account: %v", err)
	}
	want(t, w.Prove(t.Context(), c, flow, w.code(phone)), nil)
	want(t, w.Recover(t.Context(), c, flow, "weak"), ErrPassword)
	want(t, w.Recover(t.Context(), c, flow, fresh), nil)
	want(t, w.Recover(t.Context(), c, flow, fresh), ErrFlow)
	if _, why, _ := w.Current(t.Context(), s.Cookie); why != "account.session_password" {
		t.Errorf("an old session says %q", why)
	}
	_, err = w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrWrong)
	_, err = w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: fresh})
	want(t, err, nil)
	all := w.texts(phone)
	if last := all[len(all)-1]; !strings.Contains(last, "восстановлен") || pathIn(last) == "" {
		t.Errorf("the holder was told %q", last)
	}
}

// Proves: A-23
func TestRecoveryOfALoginThatNobodyHasLooksAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := client("198.51.100.4")
	flow, err := w.StartRecovery(t.Context(), c, login("+79000009999"), i18n.RU)
	want(t, err, nil)
	if got := w.texts("+79000009999"); len(got) != 0 {
		t.Errorf("a stranger got %v", got)
	}
	want(t, w.Prove(t.Context(), c, flow, "123456"), ErrCode)
}

// Proves
func TestSessions(t *testing.T) {
	t.Parallel()
	why := func(t *testing.T, w *world, cookie string) string {
		t.Helper()
		_, why, err := w.Current(t.Context(), cookie)
		want(t, err, nil)
		return why
	}
	t.Run("quarter of an hour without a request ends it for good", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s := w.registered(phone)
		w.pass(Idle - time.Second)
		if got := why(t, w, s.Cookie); got != "" {
			t.Fatalf("a second too early: %q", got)
		}
		w.pass(Idle - time.Second)
		if got := why(t, w, s.Cookie); got != "" {
			t.Fatalf("the request before did not count: %q", got)
		}
		w.pass(Idle)
		if got := why(t, w, s.Cookie); got != "account.session_idle" {
			t.Fatalf("got %q", got)
		}
		w.pass(-Idle)
		if got := why(t, w, s.Cookie); got != "account.session_idle" {
			t.Errorf("the clock stepped back and revived it: %q", got)
		}
	})
	t.Run("a day ends it however busy it is", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s := w.registered(phone)
		for range 143 {
			w.pass(10 * time.Minute)
			if got := why(t, w, s.Cookie); got != "" {
				t.Fatal(got)
			}
		}
		w.pass(10 * time.Minute)
		if got := why(t, w, s.Cookie); got != "account.session_old" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("one of an hour ago is refused when the clock steps back before its beginning", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s := w.registered(phone)
		w.pass(-time.Hour)
		if got := why(t, w, s.Cookie); got == "" {
			t.Error("a session of the future counts")
		}
	})
	t.Run("the holder ends one or all others", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s := w.registered(phone)
		second, err := w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: goodPassword})
		want(t, err, nil)
		third, err := w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: goodPassword})
		want(t, err, nil)
		account := s.Session.Account
		if all, err := w.Sessions(t.Context(), account); err != nil || len(all) != 3 {
			t.Fatalf("%d sessions, %v", len(all), err)
		}
		want(t, w.EndSession(t.Context(), account, s.Session.ID, second.Session.ID), nil)
		want(t, w.EndSession(t.Context(), account, s.Session.ID, second.Session.ID), ErrSession)
		if why(t, w, second.Cookie) == "" || why(t, w, third.Cookie) != "" {
			t.Error("another one ended")
		}
		want(t, w.EndOthers(t.Context(), account, s.Session.ID), nil)
		if why(t, w, third.Cookie) == "" || why(t, w, s.Cookie) != "" {
			t.Error("not all others ended, or this one too")
		}
	})
	t.Run("nobody ends another person's", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s, o := w.registered(phone), w.registered("+79000005678")
		want(t, w.EndSession(t.Context(), o.Session.Account, o.Session.ID, s.Session.ID), ErrSession)
		forged := o.Session.Account + "." + strings.SplitN(s.Cookie, ".", 2)[1]
		if got := why(t, w, forged); got == "" {
			t.Error("a secret opens another account")
		}
	})
}

// Proves
func TestChangeOfPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	c := client("192.0.2.1")
	o, err := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)
	account := s.Session.Account
	const fresh = "Осенний-Дождь 8"
	want(t, w.ChangePassword(t.Context(), c, account, s.Session.ID, "wrong", fresh), ErrWrong)
	w.drain()
	want(t, w.ChangePassword(t.Context(), c, account, s.Session.ID, goodPassword, "weak"), ErrPassword)
	want(t, w.ChangePassword(t.Context(), c, account, s.Session.ID, goodPassword, fresh), nil)
	if _, why, _ := w.Current(t.Context(), s.Cookie); why != "" {
		t.Errorf("the session that changed it ended: %q", why)
	}
	if _, why, _ := w.Current(t.Context(), o.Cookie); why == "" {
		t.Error("the other session goes on")
	}
	all := w.texts(phone)
	if last := all[len(all)-1]; !strings.Contains(last, "Пароль изменён") {
		t.Errorf("the holder was told %q", last)
	}
	if acts := w.acts(account); acts[len(acts)-1] != "account.audit_password" {
		t.Errorf("audit log says %v", acts)
	}
}

func TestACodeIsTriedFiveTimesHoweverTheTransactionEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	code, err := w.StartCode(t.Context(), account, "test.act", "1")
	want(t, err, nil)
	right := w.code(phone)
	check := func(typed string) error {
		return w.db.Tx(t.Context(), func(tx *txDB) error {
			return w.CheckCode(t.Context(), tx, account, code.ID, "test.act", "1", typed)
		})
	}
	for range CodeTries {
		if err := check(other(right)); !errors.Is(err, ErrCode) {
			t.Fatal(err)
		}
	}
	want(t, check(right), ErrCodeOver)
}

func TestEmailOfARegistrationIsConfirmedByALink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const address = "marina@example.test"
	register := func(phone string) string {
		c := client("192.0.2.1")
		flow, err := w.StartRegistration(t.Context(), c, phone, i18n.RU)
		want(t, err, nil)
		want(t, w.Prove(t.Context(), c, flow, w.code(phone)), nil)
		r := sample()
		r.Email = address
		s, err := w.Register(t.Context(), c, flow, r)
		want(t, err, nil)
		w.drain()
		return s.Session.Account
	}
	account := register(phone)
	if _, err := w.Find(t.Context(), Login{Email, address}); !errors.Is(err, ErrNone) {
		t.Error("an address serves before it is confirmed")
	}
	parts := linkIn(t, w, address)
	want(t, w.ConfirmEmail(t.Context(), account, parts[1], "0000000000000000000000000a"), ErrLink)
	want(t, w.ConfirmEmail(t.Context(), account, parts[1], parts[2]), nil)
	want(t, w.ConfirmEmail(t.Context(), account, parts[1], parts[2]), ErrLink)
	_, err := w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: Login{Email, address}, Password: goodPassword})
	want(t, err, nil)

	register("+79000005678")
	all := w.mails[address]
	if last := all[len(all)-1]; !strings.Contains(last.Text, "/recover") {
		t.Errorf("the holder of the address is written %q", last.Text)
	}
}

func linkIn(t *testing.T, w *world, address string) []string {
	t.Helper()
	all := w.mails[address]
	if len(all) == 0 {
		t.Fatal("no letter came")
	}
	_, rest, found := strings.Cut(all[len(all)-1].Text, "https://kabinet.test/email/")
	if !found {
		t.Fatalf("no link in %q", all[len(all)-1].Text)
	}
	path, _, _ := strings.Cut(rest, "\n")
	return strings.Split(path, "/")
}
