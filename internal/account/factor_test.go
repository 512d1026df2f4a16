package account

import (
	"context"
	"encoding/base32"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/ui"
)

// app is an app with codes on somebody's phone.
type app struct {
	w      *world
	secret string
}

// code is what the app shows now, or d from now.
func (a app) code(d time.Duration) string {
	a.w.t.Helper()
	code, err := totp.GenerateCode(a.secret, a.w.now().Add(d))
	if err != nil {
		a.w.t.Fatal(err)
	}
	return code
}

// addApp sets up an app for a session.
func (w *world) addApp(s Started) app {
	w.t.Helper()
	setup, err := w.NewApp(w.t.Context(), s.Session.Account)
	want(w.t, err, nil)
	a := app{w, setup.Secret}
	want(w.t, w.AddApp(w.t.Context(), s.Session.Account, s.Session.ID, setup.Token, a.code(0)), nil)
	return a
}

// confirm makes an account a confirmed one.
func (w *world) confirm(account string) {
	w.t.Helper()
	want(w.t, w.db.Tx(w.t.Context(), func(tx *txDB) error {
		return w.SetLevel(w.t.Context(), tx, account, Confirmed, audit.Portal())
	}), nil)
}

// toStep gives the right password and returns the flow of the second step.
func (w *world) toStep(c Client) string {
	w.t.Helper()
	in, err := w.SignIn(w.t.Context(), c, SignIn{Login: login(phone), Password: goodPassword})
	want(w.t, err, nil)
	if in.Flow == "" {
		w.t.Fatal("no second step was asked for")
	}
	return in.Flow
}

func (w *world) step(c Client, flow, typed string) error {
	_, _, err := w.SecondStep(w.t.Context(), c, flow, typed, false)
	return err
}

// wrong returns a code that no step of time near now has.
func (a app) wrong() string {
	near := []string{a.code(-30 * time.Second), a.code(0), a.code(30 * time.Second)}
	for _, c := range []string{"000000", "111111", "222222", "333333"} {
		if !slices.Contains(near, c) {
			return c
		}
	}
	return ""
}

// Proves: A-77
func TestCodesBySMSBecomeAFactorByACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	code, err := w.StartFactor(t.Context(), account, FactorSMS)
	want(t, err, nil)
	right := w.code(phone)
	want(t, w.AddSent(t.Context(), account, s.Session.ID, FactorSMS, code.ID, other(right)), ErrCode)
	want(t, w.AddSent(t.Context(), account, s.Session.ID, FactorEmail, code.ID, right), ErrCodeOver) // sent for another act
	want(t, w.AddSent(t.Context(), account, s.Session.ID, FactorSMS, code.ID, right), nil)
	want(t, w.AddSent(t.Context(), account, s.Session.ID, FactorSMS, code.ID, right), ErrCodeOver)
	_, err = w.StartFactor(t.Context(), account, FactorEmail)
	want(t, err, ErrNoEmail)
	w.toStep(client("192.0.2.1"))
	want(t, w.SwitchSecond(t.Context(), account, s.Session.ID, false), nil)
	in, err := w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: login(phone), Password: goodPassword})
	want(t, err, nil)
	if in.Flow != "" {
		t.Error("the second step is still asked for")
	}
	want(t, audit.Verify(t.Context(), w.db, account), nil)
}

// Proves: A-78
// ASVS: V6.5.1, V6.5.5
func TestACodeOfAnAppFitsOnceAndOnlyNearItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	setup, err := w.NewApp(t.Context(), account)
	want(t, err, nil)
	a := app{w, setup.Secret}
	if raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(setup.Secret); err != nil || len(raw) != appSecret {
		t.Errorf("the secret is %q", setup.Secret)
	}
	want(t, w.AddApp(t.Context(), account, s.Session.ID, setup.Token, a.wrong()), ErrCode)
	want(t, w.AddApp(t.Context(), account, s.Session.ID, "forged", a.code(0)), ErrFlow)
	want(t, w.AddApp(t.Context(), account, s.Session.ID, setup.Token, a.code(0)), nil)
	want(t, w.AddApp(t.Context(), account, s.Session.ID, setup.Token, a.code(30*time.Second)), ErrFactorThere)
	all := w.texts(phone)
	if last := all[len(all)-1]; !strings.Contains(last, "Подключён новый способ") {
		t.Errorf("the holder was told %q", last)
	}

	c := client("192.0.2.1")
	flow := w.toStep(c)
	want(t, w.step(c, flow, a.code(0)), ErrCode) // used in the set-up
	want(t, w.step(c, flow, a.code(60*time.Second)), ErrCode)
	want(t, w.step(c, flow, a.code(30*time.Second)), nil)
	w.pass(time.Minute)
	c = client("192.0.2.2")
	flow = w.toStep(c)
	want(t, w.step(c, flow, a.code(-30*time.Second)), ErrCode) // older than the last one used
	want(t, w.step(c, flow, a.code(0)), nil)
	lines, err := w.SignIns(t.Context(), account, "", 1)
	want(t, err, nil)
	if lines[0].Method != "account.method_app" {
		t.Errorf("the history says %q", lines[0].Method)
	}
}

// ASVS: V6.5.1
func TestACodeOfAnAppFitsOnceAlsoForTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	a := w.addApp(s)
	w.pass(time.Minute)
	var steps []func() error
	for range 2 {
		c := client("192.0.2.1")
		flow := w.toStep(c)
		code := a.code(0)
		steps = append(steps, func() error { return w.step(c, flow, code) })
	}
	errs := make([]error, len(steps))
	var wg sync.WaitGroup
	for i, step := range steps {
		wg.Go(func() { errs[i] = step() })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), ErrCode) {
		t.Errorf("errors are %v", errs)
	}
}

func TestASetUpOfAnAppGrowsOldAndIsNobodyElses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, o := w.registered(phone), w.registered("+79000004321")
	setup, err := w.NewApp(t.Context(), s.Session.Account)
	want(t, err, nil)
	a := app{w, setup.Secret}
	want(t, w.AddApp(t.Context(), o.Session.Account, o.Session.ID, setup.Token, a.code(0)), ErrFlow)
	w.pass(appSetup)
	want(t, w.AddApp(t.Context(), s.Session.Account, s.Session.ID, setup.Token, a.code(0)), ErrFlow)
}

// ASVS: V6.3.1, V6.6.3
func TestWrongCodesOfAnAppLockForTheirSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	a := w.addApp(s)
	w.pass(time.Minute)
	thief := client("203.0.113.5")
	flow := w.toStep(thief)
	for range failuresToLock - 1 {
		want(t, w.step(thief, flow, a.wrong()), ErrCode)
	}
	want(t, w.step(thief, flow, a.wrong()), ErrFactorLocked)
	want(t, w.step(thief, flow, a.code(0)), ErrFactorLocked)
	flow = w.toStep(thief) // the right password forgives nothing of this
	want(t, w.step(thief, flow, a.code(0)), ErrFactorLocked)
	all := w.texts(phone)
	if last := all[len(all)-1]; !strings.Contains(last, "подбирает код") {
		t.Errorf("the holder was told %q", last)
	}
	c := client("192.0.2.1") // the holder, elsewhere
	want(t, w.step(c, w.toStep(c), a.code(0)), nil)
	w.pass(lockFirst)
	want(t, w.step(thief, flow, a.code(0)), nil)
}

// Proves: A-82
// ASVS: V6.5.2, V6.5.4
func TestBackupCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	w.confirm(account)
	old, err := w.MakeBackup(t.Context(), account, s.Session.ID)
	want(t, err, nil)
	codes, err := w.MakeBackup(t.Context(), account, s.Session.ID)
	want(t, err, nil)
	if len(codes) != 10 || len(slices.Compact(slices.Sorted(slices.Values(codes)))) != 10 || len(codes[0]) != 19 {
		t.Fatalf("codes are %q", codes)
	}
	c := client("192.0.2.1")
	flow := w.toStep(c)
	want(t, w.step(c, flow, old[0]), ErrCode)
	want(t, w.ChooseWay(t.Context(), c, flow, FactorBackup), nil)
	want(t, w.step(c, flow, old[0]), ErrCode)
	typed := strings.ToUpper(strings.ReplaceAll(codes[0], "-", " "))
	typed = strings.NewReplacer("0", "O", "1", "l").Replace(typed)
	want(t, w.step(c, flow, typed), nil)
	set, err := w.Factors(t.Context(), account)
	want(t, err, nil)
	if set.Backup != 9 {
		t.Errorf("%d codes are left", set.Backup)
	}
	if all := w.texts(phone); !strings.Contains(all[len(all)-1], "Осталось 9 кодов") {
		t.Errorf("the holder was told %q", all[len(all)-1])
	}
	c = client("192.0.2.2")
	flow = w.toStep(c)
	want(t, w.step(c, flow, codes[0]), ErrCode) // once
	for _, code := range codes[1:7] {
		c := client("192.0.2.3")
		want(t, w.step(c, w.toStep(c), code), nil) // on the page that asks for the SMS, too
	}
	if all := w.texts(phone); !slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, "создайте новые") }) {
		t.Errorf("of the last codes the holder was told %q", all)
	}
}

// ASVS: V6.5.1
func TestABackupCodeWorksOnceForTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	w.confirm(s.Session.Account)
	codes, err := w.MakeBackup(t.Context(), s.Session.Account, s.Session.ID)
	want(t, err, nil)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range errs {
		c := client("192.0.2.1")
		flow := w.toStep(c)
		wg.Go(func() { _, _, errs[i] = w.SecondStep(context.Background(), c, flow, codes[0], false) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("errors are %v", errs)
	}
}

// Proves: A-81
// ASVS: V6.3.3
func TestTheLastFactorOfThoseWhoNeedOneStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	w.confirm(account)
	want(t, w.RemoveFactor(t.Context(), account, s.Session.ID, FactorSMS), ErrSecondNeeded)
	want(t, w.SwitchSecond(t.Context(), account, s.Session.ID, false), ErrSecondNeeded)
	want(t, w.RemoveFactor(t.Context(), account, s.Session.ID, FactorApp), ErrFactor)
	w.addApp(s)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, one := range []Factor{FactorSMS, FactorApp} {
		wg.Go(func() { errs[i] = w.RemoveFactor(context.Background(), account, s.Session.ID, one) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), ErrSecondNeeded) {
		t.Errorf("two at once: %v", errs)
	}
}

func TestTheLastFactorOfOthersSwitchesTheSecondStepOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	account := s.Session.Account
	w.addApp(s)
	want(t, w.RemoveFactor(t.Context(), account, s.Session.ID, FactorSMS), nil)
	want(t, w.RemoveFactor(t.Context(), account, s.Session.ID, FactorApp), nil)
	a, err := w.Account(t.Context(), account)
	want(t, err, nil)
	if a.SecondFactor {
		t.Error("the second step is on with nothing to take it by")
	}
	if acts := w.acts(account); !slices.Equal(acts[2:], []string{"account.audit_factor_added", "account.audit_factor_removed", "account.audit_factor_removed"}) {
		t.Errorf("audit log says %v", acts)
	}
}

// ASVS: V6.4.3
func TestARecoveryBySMSIsNotTheSecondStepToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	a := w.addApp(s)
	w.recover(t, client("192.0.2.1"))
	w.pass(time.Minute)
	c := client("192.0.2.1")
	flow := w.toStep(c)
	p, err := w.SecondWays(t.Context(), c, flow)
	want(t, err, nil)
	if p.Way != FactorApp || len(p.Others) != 0 {
		t.Errorf("the second step is taken by %s or %v", p.Way, p.Others)
	}
	want(t, w.ChooseWay(t.Context(), c, flow, FactorSMS), ErrFactor)
	want(t, w.step(c, flow, a.code(0)), nil)
	c = client("192.0.2.1")
	flow = w.toStep(c)
	want(t, w.ChooseWay(t.Context(), c, flow, FactorSMS), nil) // the recovery is over
	want(t, w.step(c, flow, w.code(phone)), nil)
}

// recover chooses goodPassword again by a code to the phone.
func (w *world) recover(t *testing.T, c Client) {
	t.Helper()
	flow, err := w.StartRecovery(t.Context(), c, login(phone), "ru")
	want(t, err, nil)
	want(t, w.Prove(t.Context(), c, flow, w.code(phone)), nil)
	want(t, w.Recover(t.Context(), c, flow, goodPassword), nil)
}

// Proves
func TestTheSecondStepOffersEveryWayAndRemembersTheLast(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	b.get("/settings/second").says("один пароль").get("/settings/second/app").at(200, "/settings/second/app")
	secret := compact(text(b.all("code.key")[0]))
	a := app{s.world, secret}
	if len(b.all("svg.qr path")) != 1 || len(b.all(`a[href^="otpauth://totp/"]`)) != 1 {
		t.Error("there is no QR code or link")
	}
	b.send("code", a.wrong()).at(http.StatusUnprocessableEntity, "/settings/second/app").says("Код не подошёл")
	if got := compact(text(b.all("code.key")[0])); got != secret {
		t.Error("a wrong code made another secret")
	}
	b.send("code", a.code(0)).at(200, "/settings/second").says("Готово, способ подключён").says("завершите остальные сеансы")
	b.get("/settings/second/backup").press("Создать коды").says("Больше мы их не покажем")
	codes := b.all("ol.codes code")
	if len(codes) != backupCount {
		t.Fatalf("%d codes are shown", len(codes))
	}
	backup := text(codes[0])
	b.get("/settings/second/backup").says("Осталось 10 кодов")
	if strings.Contains(b.body, backup) {
		t.Error("codes are shown twice")
	}
	logout(b)

	s.pass(time.Minute)
	other := s.browser(t)
	before := len(s.texts(phone))
	other.get("/login").send("login", phone, "password", goodPassword).at(200, "/login/code/.*").says("Откройте приложение")
	if len(s.texts(phone)) != before {
		t.Error("an SMS was sent though the app was asked")
	}
	other.choose("sms").says("+7 900 •••-12-34").choose("backup").says("сохранили заранее").choose("app")
	other.send("code", a.wrong()).at(http.StatusUnprocessableEntity, "/login/code/.*").says("Осталось 4 попытки")
	other.choose("sms").send("code", s.code(phone)).at(200, "/")
	logout(other)
	third := s.browser(t)
	third.get("/login").send("login", phone, "password", goodPassword).at(200, "/login/code/.*").says("•••-12-34") // the way used last
	third.choose("backup").send("code", backup).at(200, "/")
	third.get("/settings/second").says("Осталось 9 кодов")
}

// choose presses the button of another way of the second step.
func (b *browser) choose(way string) *browser {
	b.t.Helper()
	return b.send("way", way).at(200, "/login/code/.*")
}

// Proves: A-76
func TestFactorsInTheSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	b.get("/settings/security").says("Двухфакторная аутентификация").says("Выключена")
	b.get("/settings/second/sms").press("Получить код").send("code", s.code(phone)).at(200, "/settings/second").says("слабее других способов")
	b.get("/settings/second/off").press("Выключить").at(200, "/settings/second").says("один пароль")
	b.get("/settings/second/email").press("Получить код").at(http.StatusConflict, "/settings/second/email")
	b.get("/settings/second/remove/passkey").at(http.StatusNotFound, "/settings/second/.*")
	s.pass(freshFor)
	b.get("/settings/second/app").at(200, "/confirm")
	b.get("/settings/second").at(200, "/settings/second") // to look is free
}

// Proves: A-81
func TestAClerkIsUrgedToTakeMoreThanSMS(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	st := s.registered(phone)
	want(t, s.db.Tx(t.Context(), func(tx *txDB) error { return s.SetStaff(t.Context(), tx, st.Session.Account, true) }), nil)
	b := s.browser(t)
	b.get("/settings/second").send("login", phone, "password", goodPassword).send("code", s.code(phone)).at(200, "/settings/second").says("Сотрудникам нужен способ надёжнее SMS")
	if n, err := s.notices.Unread(t.Context(), st.Session.Account); err != nil || n < 2 {
		t.Errorf("%d notices, %v", n, err)
	}
}

func TestTheQRCodeOfASetUpHoldsItsAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	setup, err := w.NewApp(t.Context(), s.Session.Account)
	want(t, err, nil)
	if !strings.HasPrefix(setup.URL, "otpauth://totp/") || !strings.Contains(setup.URL, "secret="+setup.Secret) || strings.Contains(setup.URL, phone[1:]) {
		t.Errorf("the address is %q", setup.URL)
	}
	var b strings.Builder
	if err := ui.QR(setup.URL, i18n.Text{}).Render(t.Context(), &b); err != nil || !strings.Contains(b.String(), "<path") {
		t.Errorf("the code is drawn as %q, %v", b.String(), err)
	}
}

// compact takes the spaces out.
func compact(s string) string { return strings.ReplaceAll(s, " ", "") }

// Proves: A-38
// ASVS: V6.4.3
func TestWaysOfTheSecondStep(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		has  Factors
		want []Factor
	}{
		{"all of them, the strongest first", Factors{Phone: "p", Email: "e", SMS: true, Mail: true, App: true, Passkeys: 1, Backup: 1},
			[]Factor{FactorPasskey, FactorApp, FactorSMS, FactorEmail, FactorBackup}},
		{"the one used last comes first", Factors{Phone: "p", SMS: true, App: true, preferred: FactorSMS}, []Factor{FactorSMS, FactorApp}},
		{"one that is gone does not", Factors{Phone: "p", SMS: true, preferred: FactorApp}, []Factor{FactorSMS}},
		{"nothing chosen, a phone confirmed", Factors{Phone: "p"}, []Factor{FactorSMS}},
		{"nothing chosen, an address confirmed", Factors{Email: "e"}, []Factor{FactorEmail}},
		{"nothing at all", Factors{}, nil},
		{"recovered by SMS, an app is there", Factors{Phone: "p", SMS: true, App: true, recovered: Phone}, []Factor{FactorApp}},
		{"recovered by SMS, an address is confirmed", Factors{Phone: "p", Email: "e", SMS: true, recovered: Phone}, []Factor{FactorEmail}},
		{"recovered by SMS, an address and backup codes", Factors{Phone: "p", Email: "e", SMS: true, Backup: 2, recovered: Phone}, []Factor{FactorEmail, FactorBackup}},
		{"recovered by SMS, nothing but it", Factors{Phone: "p", SMS: true, recovered: Phone}, []Factor{FactorSMS}},
		{"recovered by SMS, backup codes may be lost", Factors{Phone: "p", SMS: true, Backup: 2, recovered: Phone}, []Factor{FactorSMS, FactorBackup}},
		{"recovered by e-mail", Factors{Phone: "p", Email: "e", SMS: true, Mail: true, recovered: Email}, []Factor{FactorSMS}},
	} {
		if got := c.has.Ways(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// ASVS: V6.3.1
func TestTriesOfFactorsAreFewForAllSourcesTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registered(phone)
	a := w.addApp(s)
	var refused int
	for i := range limitFactorTries.Burst + 1 {
		c := client("192.0.2." + strconv.Itoa(i+1))
		if errors.Is(w.step(c, w.toStep(c), a.wrong()), limit.ErrTooMany) {
			refused++
		}
	}
	if refused == 0 {
		t.Error("nothing holds back guesses from many places")
	}
	w.pass(limitFactorTries.Per)
	c := client("198.51.100.1")
	want(t, w.step(c, w.toStep(c), a.code(0)), nil)
}
