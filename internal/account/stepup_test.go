package account

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// stale makes the proof of a session too old.
func (w *world) stale() { w.pass(freshFor) }

func (w *world) fresh(s Started) bool {
	w.t.Helper()
	ok, err := w.Fresh(w.t.Context(), s.Cookie)
	want(w.t, err, nil)
	return ok
}

// ASVS: V7.5.1, V7.5.3
func TestAFreshProofByEveryFactorTheAccountHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, o := w.registered(phone), w.registered("+79000004321")
	account, session := s.Session.Account, s.Session.ID
	c := client("192.0.2.1")
	want(t, w.ReproveByApp(t.Context(), c, account, session, "000000"), ErrFactor)
	_, err := w.StartProof(t.Context(), account, session, FactorEmail)
	want(t, err, ErrFactor)
	a := w.addApp(s)
	k := w.addKey(s)
	foreign := w.addKey(o)
	proofs, err := w.Proofs(t.Context(), account)
	want(t, err, nil)
	if !slices.Equal(proofs, []Factor{FactorPasskey, FactorApp, FactorPassword, FactorSMS}) {
		t.Errorf("proofs are %v", proofs)
	}

	w.stale()
	want(t, w.ReproveByApp(t.Context(), c, account, session, a.wrong()), ErrCode)
	if w.fresh(s) {
		t.Error("a wrong code proves")
	}
	want(t, w.ReproveByApp(t.Context(), c, account, session, a.code(0)), nil)
	if !w.fresh(s) || w.fresh(o) {
		t.Error("the right code does not prove this session, or another's")
	}
	w.stale()
	want(t, w.ReproveByApp(t.Context(), c, account, session, a.code(-5*time.Minute)), ErrCode)

	ask, err := w.askPasskey(t.Context(), passkeyConfirm, account)
	want(t, err, nil)
	foreign.owner = k.owner
	want(t, w.ReproveByPasskey(t.Context(), c, account, session, ask.Token, foreign.use(ask)), ErrPasskey)
	ask, err = w.askPasskey(t.Context(), passkeyConfirm, account)
	want(t, err, nil)
	answer := k.use(ask)
	want(t, w.ReproveByPasskey(t.Context(), c, account, session, ask.Token, answer), nil)
	if !w.fresh(s) {
		t.Error("the passkey does not prove")
	}
	w.stale()
	want(t, w.ReproveByPasskey(t.Context(), c, account, session, ask.Token, answer), ErrPasskey) // once

	code, err := w.StartProof(t.Context(), account, session, FactorSMS)
	want(t, err, nil)
	right := w.code(phone)
	want(t, w.ReproveByCode(t.Context(), account, "other session", FactorSMS, code.ID, right), ErrCodeOver)
	want(t, w.ReproveByCode(t.Context(), account, session, FactorSMS, code.ID, other(right)), ErrCode)
	want(t, w.ReproveByCode(t.Context(), account, session, FactorSMS, code.ID, right), nil)
	if !w.fresh(s) {
		t.Error("the code does not prove")
	}
	w.stale()
	want(t, w.Reprove(t.Context(), c, account, session, goodPassword), nil)
	if !w.fresh(s) {
		t.Error("the password does not prove")
	}
}

// ASVS: V7.5.1
func TestTheStepUpOffersEveryWayAndGoesOnToWhereItWasAsked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	b.get("/settings/second/app")
	a := app{s.world, compact(text(b.all("code.key")[0]))}
	b.send("code", a.code(0)).at(200, "/settings/second")
	s.stale()
	b.get("/settings/second/backup").at(200, "/confirm").says("код из приложения")
	b.send("code", a.wrong()).at(http.StatusUnprocessableEntity, "/confirm").says("Осталось 4 попытки")
	b.send("code", a.code(0)).at(200, "/settings/second/backup")
	s.stale()
	b.get("/settings/second/backup").at(200, "/confirm")
	next := attr(b.all(`main nav a[href*="by=sms"]`)[0], "href")
	b.get(next).says("Отправим код").press("Получить код").at(200, "/confirm/send").says("•••-12-34")
	b.send("code", other(s.code(phone))).at(http.StatusUnprocessableEntity, "/confirm")
	b.send("code", s.code(phone)).at(200, "/settings/second/backup")
	s.stale()
	b.get("/settings/second/backup").get("/confirm?by=password&next=//evil.test").send("password", "wrong").at(http.StatusUnprocessableEntity, "/confirm").says("Пароль не подошёл")
	b.send("password", goodPassword).at(200, "/settings/security")
}
