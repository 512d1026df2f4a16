package centre

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/person"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/limit"
	"kabinet/internal/sandbox"
)

const phone = "+79000001234"

func browser() account.Client {
	return account.Client{IP: "192.0.2.1", Browser: id.Secret(), Agent: "test"}
}

// received is an intake that got as far as its code.
func (w *world) received(o Operator, c account.Client, p Papers) Intake {
	w.t.Helper()
	i, err := w.Begin(w.t.Context(), o, c, p)
	want(w.t, err, nil)
	return i
}

// read returns an intake as it is now.
func (w *world) read(o Operator, i Intake) Intake {
	w.t.Helper()
	i, err := w.Intake(w.t.Context(), o, i.ID)
	want(w.t, err, nil)
	return i
}

// Proves, S-07
func TestSomebodyNewGetsAnAccountAndALinkOnPaper(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, c := w.operator("+79000000107"), browser()
	i := w.received(o, c, Papers{Person: sample(0), Phone: phone})
	if i.Kind != Open || i.Account != "" {
		t.Fatalf("%+v", i)
	}
	want(t, w.Enter(t.Context(), o, c, i.ID, "000000"), account.ErrCode)
	want(t, w.Enter(t.Context(), o, c, i.ID, w.code(phone)), nil)
	want(t, w.Enter(t.Context(), o, c, i.ID, w.code(phone)), ErrOver)
	i = w.read(o, i)
	if w.level(i.Account) != account.Confirmed || !w.person(i.Account).Proved() || i.Person.Surname != "" {
		t.Errorf("level %s, the intake still knows %+v", w.level(i.Account), i.Person)
	}
	if acts := w.acts(i.Account); !slices.Contains(acts, "centre.audit_open") {
		t.Errorf("the log says %v", acts)
	}
	file, err := w.Paper(t.Context(), o, i.ID)
	if err != nil || !bytes.HasPrefix(file, []byte("%PDF-")) {
		t.Fatalf("the paper: %v", err)
	}
	stranger := w.operator("+79000000108")
	stranger.Agency = "other"
	_, err = w.Paper(t.Context(), stranger, i.ID)
	want(t, err, ErrNone)

	want(t, w.Valid(t.Context(), i.Account, i.Link, "wrong"), ErrLink)
	want(t, w.Valid(t.Context(), i.Account, i.Link, i.Secret), nil)
	want(t, w.Choose(t.Context(), i.Account, i.Link, i.Secret, "Зимний-Вечер 7"), nil)
	want(t, w.Choose(t.Context(), i.Account, i.Link, i.Secret, "Зимний-Вечер 8"), ErrLink)
	_, err = w.Paper(t.Context(), o, i.ID)
	want(t, err, ErrOver)
}

func TestALinkOnPaperEndsAfterADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, c := w.operator("+79000000107"), browser()
	i := w.received(o, c, Papers{Person: sample(0), Phone: phone})
	want(t, w.Enter(t.Context(), o, c, i.ID, w.code(phone)), nil)
	i = w.read(o, i)
	w.pass(linkLife)
	want(t, w.Choose(t.Context(), i.Account, i.Link, i.Secret, "Зимний-Вечер 7"), ErrLink)
	w.pass(time.Hour)
	want(t, w.sweep(t.Context()), nil)
	if got := w.read(o, i); got.Secret != "" {
		t.Error("the secret of a link that is over is still kept")
	}
}

// Proves: A-68
func TestSomebodyWithAnAccountBecomesConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, c, a := w.operator("+79000000107"), browser(), w.citizen(phone)
	i := w.received(o, c, Papers{Person: sample(0), Phone: phone})
	if i.Kind != Confirm || i.Account != a {
		t.Fatalf("%+v", i)
	}
	other := w.operator("+79000000108")
	want(t, w.Enter(t.Context(), other, c, i.ID, w.code(phone)), ErrOver)
	want(t, w.Enter(t.Context(), o, c, i.ID, "000000"), account.ErrCode)
	want(t, w.Enter(t.Context(), o, c, i.ID, w.code(phone)), nil)
	if i = w.read(o, i); w.level(a) != account.Confirmed || !i.Done || i.Secret != "" {
		t.Errorf("level %s, %+v", w.level(a), i)
	}
	if p := w.person(a); p.PassportNumber != sample(0).PassportNumber || !p.Is(person.Passport) {
		t.Errorf("known is %+v", p)
	}
}

func TestAPhoneOfSomebodyElseDoesNotDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, c, a := w.operator("+79000000107"), browser(), w.citizen(phone)
	i := w.received(o, c, Papers{Person: sample(0), Phone: phone})
	want(t, w.Enter(t.Context(), o, c, i.ID, w.code(phone)), nil)
	_, err := w.Begin(t.Context(), o, c, Papers{Person: sample(1), Phone: phone})
	want(t, err, ErrPhone)
	_, err = w.Begin(t.Context(), Operator{Account: a, Agency: "centre"}, c, Papers{Person: sample(0), Phone: phone})
	want(t, err, ErrSelf)
}

// Proves: A-102
func TestAccessIsGivenBackToWhoBringsTheSamePapers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, c := w.operator("+79000000107"), browser()
	_, err := w.Begin(t.Context(), o, c, Papers{Person: sample(0), Recover: true})
	want(t, err, ErrNobody)
	first := w.received(o, c, Papers{Person: sample(0), Phone: phone})
	want(t, w.Enter(t.Context(), o, c, first.ID, w.code(phone)), nil)
	first = w.read(o, first)
	back := w.read(o, w.received(o, c, Papers{Person: sample(0), Recover: true}))
	if !back.Done || back.Account != first.Account || back.Secret == "" {
		t.Fatalf("%+v", back)
	}
	want(t, w.Valid(t.Context(), first.Account, first.Link, first.Secret), ErrLink) // a new one ends the old
	want(t, w.Valid(t.Context(), back.Account, back.Link, back.Secret), nil)
	w.drain()
	if n := len(w.sms[phone]); n < 3 {
		t.Errorf("the holder got %d messages", n)
	}
}

func TestWhatTheRegistersDoNotConfirmIsRefusedAtTheDesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, c := w.operator("+79000000107"), browser()
	p := sample(0)
	p.BirthDate = "1991-03-15"
	_, err := w.Begin(t.Context(), o, c, Papers{Person: p, Phone: phone})
	if differs := (*Differs)(nil); !errors.As(err, &differs) || len(differs.Why) != 2 {
		t.Errorf("%v", err)
	}
	w.partner(sandbox.PartnerPassport, sandbox.ModeDown)
	_, err = w.Begin(t.Context(), o, c, Papers{Person: sample(0), Phone: phone})
	want(t, err, ErrSilent)
	for range limitIntakes().Burst {
		_, err = w.Begin(t.Context(), o, c, Papers{Person: sample(0), Phone: phone})
	}
	want(t, err, limit.ErrTooMany)
}

func TestTheDeskOnItsPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.operator("+79000000107")
	b := w.browser(o.Account, true)
	says := func(text, words string) bool { return strings.Contains(strings.ReplaceAll(text, "\u00a0", " "), words) }
	p := sandbox.People[0]
	f := b.Get(deskPath).Form("main form[method=post]").Set("surname", p.Surname).Set("name", p.Name).Set("patronymic", p.Patronymic).Set("birth_date", "14.03.1991").
		Set("passport_series", p.PassportSeries).Set("passport_number", p.PassportNumber).Set("issued_on", "20.03.2011").Set("issued_by", p.IssuedBy).
		Set("division", p.DivisionCode).Set("snils", p.SNILS)
	page := f.Send()
	if page.Status != 422 || !page.Has("[name=phone][aria-invalid]") || !page.Has("[name=consent][aria-invalid]") {
		t.Fatalf("without phone and consent: %d %s", page.Status, page.Text("main"))
	}
	page = f.Set("phone", phone).Set("consent", "on").Send()
	if !says(page.Text("main"), "Данные совпали с реестрами") {
		t.Fatalf("%d %s", page.Status, page.Text("main"))
	}
	page = page.Form("main form[method=post]").Set("code", w.code(phone)).Send()
	if !says(page.Text("main"), "создана и подтверждена") || !page.Has("a[href$='/paper.pdf']") {
		t.Fatalf("%d %s", page.Status, page.Text("main"))
	}
	list, err := w.Latest(t.Context(), o, 1)
	want(t, err, nil)
	visitor := w.browser("", false)
	at := enterPath(list[0].Account, list[0].Link, list[0].Secret)
	if page := visitor.Get(at); page.Header.Get("Referrer-Policy") != "no-referrer" || !page.Has("input[name=password]") {
		t.Errorf("the link: %d", page.Status)
	}
	if page := visitor.Get(at).Form("main form[method=post]").Set("password", "123").Set("repeat", "123").Send(); page.Status != 422 {
		t.Errorf("a weak password: %d", page.Status)
	}
	_ = visitor.Get(at).Form("main form[method=post]").Set("password", "Зимний-Вечер 7").Set("repeat", "Зимний-Вечер 7").Send()
	if page := visitor.Get(at); page.Status != 404 {
		t.Errorf("the link again: %d", page.Status)
	}
	if page := w.browser(w.citizen("+79000000002"), false).Get(deskPath); page.Status != 404 {
		t.Errorf("the desk for a citizen: %d", page.Status)
	}
}
