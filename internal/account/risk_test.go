package account

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

// Addresses of three countries.
const (
	inRussia  = "77.88.8.8"
	inGermany = "193.99.144.80"
	inBrazil  = "200.160.2.3"
)

// at is a browser at an address that knows what started left in its cookies.
func at(ip string, started ...Started) Client {
	c := client(ip)
	c.Devices = map[string]string{}
	for _, s := range started {
		c.Devices[DeviceKey(s.Session.Account)] = s.Device
	}
	return c
}

// signedIn signs in with the password and, when it is asked for, the code.
func (w *world) signedIn(c Client, phone string) Started {
	w.t.Helper()
	in, err := w.SignIn(w.t.Context(), c, SignIn{Login: login(phone), Password: goodPassword})
	want(w.t, err, nil)
	if in.Flow == "" {
		return in.Started
	}
	s, _, err := w.SecondStep(w.t.Context(), c, in.Flow, w.code(phone), false)
	want(w.t, err, nil)
	return s
}

// Proves
// ASVS: V7.5.3
func TestAnUnusualSignInNeedsProofAnew(t *testing.T) {
	t.Parallel()
	signIn := func(t *testing.T, w *world, c Client) Entered {
		in, err := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: goodPassword})
		want(t, err, nil)
		return in
	}
	start := func(t *testing.T) (*world, Started) {
		w := newWorld(t)
		w.registered(phone)
		return w, w.signedIn(at(inRussia), phone)
	}
	t.Run("the same country and device ask for nothing more", func(t *testing.T) {
		t.Parallel()
		w, home := start(t)
		if in := signIn(t, w, at("77.88.8.1", home)); in.Flow != "" {
			t.Error("a code is asked for")
		}
	})
	t.Run("a new device in the same country is told of", func(t *testing.T) {
		t.Parallel()
		w, home := start(t)
		if in := signIn(t, w, at("77.88.8.1")); in.Flow != "" {
			t.Error("a code is asked for")
		}
		if w.told(home.Session.Account, "account.notice_device") == 0 {
			t.Error("the holder was not told")
		}
	})
	t.Run("another country asks for a code, even on a trusted device of an account without the second step", func(t *testing.T) {
		t.Parallel()
		w, home := start(t)
		w.pass(24 * time.Hour)
		c := at(inGermany, home)
		in := signIn(t, w, c)
		if in.Flow == "" {
			t.Fatal("no code is asked for")
		}
		_, _, err := w.SecondStep(t.Context(), c, in.Flow, w.code(phone), false)
		want(t, err, nil)
		if all := w.texts(phone); !strings.Contains(strings.Join(all, "\n"), "/not-me/") {
			t.Errorf("the holder was sent %q", all)
		}
		w.pass(time.Hour)
		if in := signIn(t, w, at(inGermany)); in.Flow != "" {
			t.Error("a code is asked for once more in the same country")
		}
	})
	t.Run("too far for the time", func(t *testing.T) {
		t.Parallel()
		w, home := start(t)
		w.pass(time.Hour)
		device, err := w.deviceFor(t.Context(), home.Session.Account, home.Device)
		want(t, err, nil)
		r, err := w.weigh(t.Context(), w.db, home.Session.Account, at(inBrazil, home), device)
		if err != nil || !r.travel || r.unknown {
			t.Errorf("an hour to Brazil is %+v, %v", r, err)
		}
		w.pass(23 * time.Hour)
		if r, err = w.weigh(t.Context(), w.db, home.Session.Account, at(inBrazil, home), device); err != nil || r.travel || !r.country {
			t.Errorf("a day to Brazil is %+v, %v", r, err)
		}
	})
	t.Run("an address of no known place is not unusual", func(t *testing.T) {
		t.Parallel()
		w, _ := start(t)
		if in := signIn(t, w, at("192.0.2.77")); in.Flow != "" {
			t.Error("a code is asked for")
		}
	})
}

// told counts the notices of an account with that title.
func (w *world) told(account, title string) (n int) {
	w.t.Helper()
	w.drain()
	feed, err := w.Service.notices.Feed(w.t.Context(), account, notify.Filter{}, "", 100)
	want(w.t, err, nil)
	ctx := w.Service.texts.With(w.t.Context(), i18n.RU, time.UTC, w.now())
	for _, item := range feed.Items {
		if item.Title(ctx) == i18n.T(ctx, title) {
			n++
		}
	}
	return n
}

// Proves
// ASVS: V7.4.1
func TestASessionThatMoves(t *testing.T) {
	t.Parallel()
	look := func(w *world, s Started, ip string) string {
		_, why, err := w.current(w.t.Context(), s.Cookie, visitor{client: client(ip)})
		want(w.t, err, nil)
		return why
	}
	t.Run("goes on within a country, and the list shows where", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.registered(phone)
		s := w.signedIn(at(inRussia), phone)
		if why := look(w, s, "77.88.55.60"); why != "" {
			t.Errorf("it ended: %q", why)
		}
		all, err := w.Sessions(t.Context(), s.Session.Account)
		want(t, err, nil)
		if !slices.ContainsFunc(all, func(o Session) bool { return o.ID == s.Session.ID && o.Device.IP == "77.88.55.60" }) {
			t.Errorf("sessions are %+v", all)
		}
	})
	t.Run("ends in another country, is told of, and stays ended", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.registered(phone)
		s := w.signedIn(at(inRussia), phone)
		w.pass(5 * time.Minute)
		if why := look(w, s, inGermany); why != "account.session_moved" {
			t.Errorf("it ended by %q", why)
		}
		if why := look(w, s, inRussia); why == "" {
			t.Error("it came back")
		}
		if w.told(s.Session.Account, "account.notice_moved") != 1 {
			t.Error("the holder was not told")
		}
		if acts := w.acts(s.Session.Account); !slices.Contains(acts, "account.audit_moved") {
			t.Errorf("audit log says %v", acts)
		}
	})
	t.Run("ends at another address when the holder wants it so", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.registered(phone)
		s := w.signedIn(at(inRussia), phone)
		want(t, w.Choose(t.Context(), s.Session.Account, s.Session.ID, Safety{StrictIP: true}), nil)
		if why := look(w, s, "77.88.55.60"); why != "account.session_address" {
			t.Errorf("it ended by %q", why)
		}
	})
}

// Proves: A-87
func TestRemoteAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.registered(phone)
	account := first.Session.Account
	home := w.signedIn(at(inRussia), phone)
	thief := w.signedIn(at(inRussia), phone)
	waiting, err := w.SignIn(t.Context(), at(inGermany), SignIn{Login: login(phone), Password: goodPassword}) // has not given the code yet
	want(t, err, nil)
	here := at(inRussia, home)
	want(t, w.ShutRemote(t.Context(), here, account, home.Session.ID), nil)
	for name, s := range map[string]Started{"the first": first, "the thief's": thief} {
		if _, why, _ := w.Current(t.Context(), s.Cookie); why != "account.session_remote" {
			t.Errorf("%s session ended by %q", name, why)
		}
	}
	if _, why, _ := w.Current(t.Context(), home.Cookie); why != "" {
		t.Errorf("the session that asked ended by %q", why)
	}
	for _, c := range []Client{at(inRussia), at(inRussia, thief)} {
		_, err := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: goodPassword})
		want(t, err, ErrRemoteOff)
	}
	_, err = w.SignIn(t.Context(), at(inRussia), SignIn{Login: login(phone), Password: "wrong"})
	want(t, err, ErrWrong) // who does not know the password learns nothing
	if waiting.Flow == "" {
		t.Fatal("no code was asked for")
	}
	lines, err := w.History(t.Context(), account, ShowFailed, "", 10)
	want(t, err, nil)
	if len(lines) != 4 || lines[0].Outcome != Wrong || lines[1].Outcome != Blocked || lines[2].Outcome != Blocked || lines[3].Outcome != Unfinished {
		t.Errorf("the history holds %+v", lines)
	}
	if w.told(account, "account.notice_blocked") == 0 {
		t.Error("the holder was not told")
	}
	back, err := w.SignIn(t.Context(), here, SignIn{Login: login(phone), Password: goodPassword}) // the holder comes back on this device
	want(t, err, nil)
	want(t, w.OpenRemote(t.Context(), account, back.Session.ID), nil)
	_, err = w.SignIn(t.Context(), at(inRussia), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)

	// Or by recovery, when the device is lost.
	want(t, w.ShutRemote(t.Context(), at(inRussia), account, back.Session.ID), nil)
	_, err = w.SignIn(t.Context(), at(inRussia, back.Started), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrRemoteOff)
	w.recovered(phone, "Осенний-Дождь 8")
	_, err = w.SignIn(t.Context(), at(inRussia), SignIn{Login: login(phone), Password: "Осенний-Дождь 8"})
	want(t, err, nil)
}

// recovered sets a new password by the code that recovery sends.
func (w *world) recovered(phone, password string) {
	w.t.Helper()
	c := client("192.0.2.1")
	flow, err := w.StartRecovery(w.t.Context(), c, login(phone), i18n.RU)
	want(w.t, err, nil)
	want(w.t, w.Prove(w.t.Context(), c, flow, w.code(phone)), nil)
	want(w.t, w.Recover(w.t.Context(), c, flow, password), nil)
}

// Proves: A-92
func TestSuspiciousSignInsAreBlockedWhenTheHolderWantsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	home := w.signedIn(at(inRussia), phone)
	want(t, w.Choose(t.Context(), account, home.Session.ID, Safety{BlockRisky: true}), nil)
	w.pass(24 * time.Hour)
	_, err := w.SignIn(t.Context(), at(inGermany), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrSuspicious)
	in, err := w.SignIn(t.Context(), at(inGermany, home), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil) // a known device, with a code
	if in.Flow == "" {
		t.Error("no code is asked for")
	}
	w.recovered(phone, "Осенний-Дождь 8")
	_, err = w.SignIn(t.Context(), at(inGermany), SignIn{Login: login(phone), Password: "Осенний-Дождь 8"})
	want(t, err, nil)
	w.pass(recoveredFor)
	_, err = w.SignIn(t.Context(), at(inGermany), SignIn{Login: login(phone), Password: "Осенний-Дождь 8"})
	want(t, err, ErrSuspicious)
}

// Proves
// ASVS: V6.3.5, V7.4.2
func TestASignInIsDeniedByItsLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.registered(phone)
	account := first.Session.Account
	thief := w.signedIn(at(inRussia), phone)
	w.drain()
	path := strings.Split(w.denyPath(account, thief.Session.ID), "/")
	seal := path[len(path)-1]
	_, err := w.Deniable(t.Context(), account, thief.Session.ID, seal)
	want(t, err, nil)
	for name, wrong := range map[string][3]string{
		"another seal":     {account, thief.Session.ID, seal[1:] + "A"},
		"another sign-in":  {account, first.Session.ID, seal},
		"another account":  {first.Session.ID, thief.Session.ID, seal},
		"a seal of nobody": {account, "0000000000000000000000000a", w.denySeal(account, "0000000000000000000000000a")},
	} {
		if err := w.Deny(t.Context(), wrong[0], wrong[1], wrong[2]); !errors.Is(err, ErrLink) {
			t.Errorf("%s: %v", name, err)
		}
	}
	results := make([]error, 2)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() { results[i] = w.Deny(t.Context(), account, thief.Session.ID, seal) })
	}
	wg.Wait()
	if (results[0] == nil) == (results[1] == nil) || !errors.Is(errors.Join(results...), ErrLink) {
		t.Errorf("two presses at once: %v", results)
	}
	for _, s := range []Started{first, thief} {
		if _, why, _ := w.Current(t.Context(), s.Cookie); why != "account.session_denied" {
			t.Errorf("a session ended by %q", why)
		}
		if k, err := w.deviceFor(t.Context(), account, s.Device); err != nil || k.ID != "" {
			t.Errorf("a device is still known: %+v, %v", k, err)
		}
	}
	_, err = w.SignIn(t.Context(), at(inRussia), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, ErrWrong) // the password that somebody else knew
	w.recovered(phone, "Осенний-Дождь 8")
	_, err = w.SignIn(t.Context(), at(inRussia), SignIn{Login: login(phone), Password: "Осенний-Дождь 8"})
	want(t, err, nil)
	if acts := w.acts(account); !slices.Contains(acts, "account.audit_denied") {
		t.Errorf("audit log says %v", acts)
	}
	want(t, audit.Verify(t.Context(), w.db, account), nil)

	fresh := w.signedIn2(at(inGermany))
	w.pass(denyFor)
	_, err = w.Deniable(t.Context(), account, fresh, w.denySeal(account, fresh))
	want(t, err, ErrLink)
}

// signedIn2 returns the ID of one more sign-in, after the password was changed.
func (w *world) signedIn2(c Client) string {
	w.t.Helper()
	in, err := w.SignIn(w.t.Context(), c, SignIn{Login: login(phone), Password: "Осенний-Дождь 8"})
	want(w.t, err, nil)
	if in.Flow == "" {
		return in.Session.ID
	}
	w.pass(CodeResend)
	s, _, err := w.SecondStep(w.t.Context(), c, in.Flow, w.code(phone), false)
	want(w.t, err, nil)
	return s.Session.ID
}

// Proves: A-93
func TestTriesFromUnknownDevicesAreToldOnceADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	try := func() {
		_, err := w.SignIn(t.Context(), at("77.88.8.1"), SignIn{Login: login(phone), Password: "wrong"})
		want(t, err, ErrWrong)
	}
	count := func() int { return w.told(account, "account.notice_attempt") }
	try()
	try()
	if n := count(); n != 1 {
		t.Errorf("%d words of two tries", n)
	}
	want(t, w.Choose(t.Context(), account, s.Session.ID, Safety{QuietAttempts: true}), nil)
	w.pass(25 * time.Hour)
	try()
	if n := count(); n != 1 {
		t.Errorf("%d words although none are wanted", n)
	}
	_, err := w.SignIn(t.Context(), at("77.88.8.9", s), SignIn{Login: login(phone), Password: "wrong"})
	want(t, err, ErrWrong)
}

// Proves
func TestLinkingADevice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	want(t, w.db.Tx(t.Context(), func(tx *txDB) error { return w.SetLevel(t.Context(), tx, account, Confirmed, audit.Portal()) }), nil)
	home := w.signedIn(at(inRussia), phone)
	c := at(inRussia, home)
	secret, err := w.TrustThis(t.Context(), c, home.Session)
	want(t, err, nil)
	if secret != "" {
		t.Error("a device that has a cookie gets another one")
	}
	in, err := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)
	if in.Flow != "" {
		t.Fatal("a code is asked for on the linked device")
	}
	if k, err := w.deviceFor(t.Context(), account, home.Device); err != nil || k.ID != "" {
		t.Errorf("the secret of the device serves twice: %+v, %v", k, err)
	}
	w.pass(deviceLife)
	in, err = w.SignIn(t.Context(), at(inRussia, in.Started), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)
	if in.Flow == "" {
		t.Error("no code is asked for after 90 days")
	}
	home.Session.Alien = true
	_, err = w.TrustThis(t.Context(), c, home.Session)
	want(t, err, ErrTrust)
	_, err = w.TrustThis(t.Context(), c, s.Session) // begun with one factor, before the account needed two
	want(t, err, ErrTrust)
	home.Session.Alien = false
	if secret, err = w.TrustThis(t.Context(), at(inRussia), home.Session); err != nil || secret == "" {
		t.Errorf("a browser without the cookie gets %q, %v", secret, err)
	}
}

// Proves: A-93
// ASVS: V6.3.5
func TestARightPasswordWithoutTheCodeIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t).cheap()
	s := w.registered(phone)
	account := s.Session.Account
	want(t, w.db.Tx(t.Context(), func(tx *txDB) error { return w.SetLevel(t.Context(), tx, account, Confirmed, audit.Portal()) }), nil)
	w.signedIn(at(inRussia), phone) // finished
	w.pass(time.Hour)
	if n := w.told(account, "account.notice_unfinished"); n != 0 {
		t.Errorf("told %d times of what was finished", n)
	}
	_, err := w.SignIn(t.Context(), at(inGermany), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)
	lines, err := w.History(t.Context(), account, ShowFailed, "", 10)
	want(t, err, nil)
	if len(lines) != 1 || lines[0].Outcome != Unfinished {
		t.Errorf("the history holds %+v", lines)
	}
	w.pass(unfinishedAfter - time.Second)
	if n := w.told(account, "account.notice_unfinished"); n != 0 {
		t.Errorf("told %d times while a code works", n)
	}
	w.pass(time.Second)
	if n := w.told(account, "account.notice_unfinished"); n != 1 {
		t.Errorf("told %d times", n)
	}
	_, err = w.Deniable(t.Context(), account, lines[0].ID, w.denySeal(account, lines[0].ID))
	want(t, err, nil)
}

func TestQueriesAboutSignInsUseIndexes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, q := range []struct {
		query string
		args  []any
	}{
		{`SELECT ` + signInColumns + ` FROM account_signin WHERE account = $1 AND outcome = $2 AND denied_at IS NULL ORDER BY id DESC LIMIT 1`, []any{"a", ""}},
		{`SELECT ` + signInColumns + ` FROM account_signin WHERE account = $1 AND id < $2 AND outcome <> '' ORDER BY id DESC LIMIT $3`, []any{"a", "~", 10}},
		{`DELETE FROM account_signin WHERE at < $1`, []any{sqldb.At(w.now())}},
		{`DELETE FROM account_signin WHERE at < $1 AND account LIKE 'login %'`, []any{sqldb.At(w.now())}},
		{`SELECT remote_off_at FROM account_safety WHERE account = $1`, []any{"a"}},
		{`DELETE FROM account_device WHERE account = $1 AND id <> $2`, []any{"a", ""}},
		{`UPDATE account_failure SET failures = failures - 1 WHERE subject = $1 AND source = $2`, []any{"a", []byte{1}}},
	} {
		sqldbtest.NoFullScan(t, w.db, q.query, q.args...)
	}
}
