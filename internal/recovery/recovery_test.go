package recovery

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/document"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/web/webtest"
)

// Proves
// ASVS: V6.4.3, V6.4.4
func TestTwoOperatorsAndADayGiveAnAccountBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, receipt := w.applied(claim())
	if text := w.last(newPhone); !strings.Contains(text, receipt.Number) || !strings.Contains(text, receipt.Code) {
		t.Errorf("the applicant is told %q", text)
	}
	want(t, w.Agree(t.Context(), w.ops[0], k), nil)
	want(t, w.Agree(t.Context(), w.ops[0], k), ErrSame)
	want(t, w.Agree(t.Context(), w.ops[1], k), nil)
	want(t, w.Agree(t.Context(), w.ops[2], k), ErrDecided)
	for _, old := range []string{oldPhone, oldMail} {
		if text := w.last(old); !strings.Contains(text, "восстанавливает доступ") || pathIn(text) == "" {
			t.Errorf("%s is told %q", old, text)
		}
	}
	if text := w.last(newPhone); pathIn(text) != "" {
		t.Errorf("a link came before the wait: %q", text)
	}
	_, err := w.opt.Accounts.SignIn(t.Context(), client(), account.SignIn{Login: account.Login{Kind: account.Email, Value: oldMail}, Password: password})
	want(t, err, nil) // nothing changed yet

	w.pass(WaitDefault)
	acc, caseID, secret := split(pathIn(w.last(newPhone)))
	if acc != w.account || caseID != k {
		t.Fatalf("the link is %q", w.last(newPhone))
	}
	want(t, w.CheckLink(t.Context(), acc, k, "0000000000000000000000000a"), ErrLink)
	want(t, w.Finish(t.Context(), acc, k, secret, "weak"), account.ErrPassword)
	want(t, w.Finish(t.Context(), acc, k, secret, fresh), nil)
	want(t, w.Finish(t.Context(), acc, k, secret, fresh), ErrLink)

	if _, err := w.opt.Accounts.Find(t.Context(), account.Login{Kind: account.Phone, Value: oldPhone}); !errors.Is(err, account.ErrNone) {
		t.Errorf("the old phone still finds the account: %v", err)
	}
	in, err := w.opt.Accounts.SignIn(t.Context(), client(), account.SignIn{Login: account.Login{Kind: account.Phone, Value: newPhone}, Password: fresh})
	want(t, err, nil)
	if in.Flow == "" {
		t.Error("a confirmed account is let in without a second step")
	}
	for _, act := range []string{"recovery.audit_first", "recovery.audit_second", "recovery.audit_waits", "account.audit_rescued"} {
		if !slices.Contains(w.acts(w.account), act) {
			t.Errorf("the log of the account does not tell %s", act)
		}
	}
	w.last(newPhone)
	st, err := w.StatusOf(t.Context(), client(), receipt.Number, receipt.Code)
	want(t, err, nil)
	if st.State != Done {
		t.Errorf("the status is %s", st.State)
	}
}

// Proves: A-83
// ASVS: V6.4.4
func TestAnOldContactStopsTheRecovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, receipt := w.applied(claim())
	w.approved(k)
	parts := strings.Split(pathIn(w.last(oldMail)), "/")
	_, err := w.opt.Accounts.UndoWarned(t.Context(), parts[2], parts[3], parts[4])
	want(t, err, nil)
	w.pass(WaitDefault)
	if text := w.last(newPhone); !strings.Contains(text, "отменил") {
		t.Errorf("the applicant is told %q", text)
	}
	st, err := w.StatusOf(t.Context(), client(), receipt.Number, receipt.Code)
	want(t, err, nil)
	if st.State != Cancelled || st.Over {
		t.Errorf("the status is %+v", st)
	}
	want(t, w.AskLink(t.Context(), client(), receipt.Number, receipt.Code), ErrLink)
	_, err = w.opt.Accounts.SignIn(t.Context(), client(), account.SignIn{Login: account.Login{Kind: account.Email, Value: oldMail}, Password: password})
	want(t, err, nil)
}

func TestACancelAtTheLastMomentHoldsAgainstALinkThatIsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, _ := w.applied(claim())
	w.approved(k)
	cancel := strings.Split(pathIn(w.last(oldPhone)), "/")
	w.pass(WaitDefault)
	acc, _, secret := split(pathIn(w.last(newPhone)))
	_, err := w.opt.Accounts.UndoWarned(t.Context(), cancel[2], cancel[3], cancel[4])
	want(t, err, nil)
	want(t, w.Finish(t.Context(), acc, k, secret, fresh), ErrLink)
}

// Proves: A-103
func TestALinkLivesAnHourAndIsSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, r := w.applied(claim())
	w.approved(k)
	want(t, w.AskLink(t.Context(), client(), r.Number, r.Code), ErrLink) // too early
	w.pass(WaitDefault)
	acc, _, old := split(pathIn(w.last(newPhone)))
	w.pass(linkLife)
	want(t, w.Finish(t.Context(), acc, k, old, fresh), ErrLink)
	want(t, w.AskLink(t.Context(), client(), r.Number, r.Code), nil)
	_, _, secret := split(pathIn(w.last(newPhone)))
	want(t, w.Finish(t.Context(), acc, k, old, fresh), ErrLink)
	errs := make(chan error)
	for range 2 {
		go func() { errs <- w.Finish(t.Context(), acc, k, secret, fresh) }()
	}
	a, b := <-errs, <-errs
	if (a == nil) == (b == nil) {
		t.Errorf("the link works twice or never: %v, %v", a, b)
	}
}

func TestTwoOperatorsAtOnceAreTwoDecisions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, _ := w.applied(claim())
	errs := make(chan error)
	for range 2 {
		go func() { errs <- w.Agree(t.Context(), w.ops[0], k) }()
	}
	a, b := <-errs, <-errs
	if (a == nil) == (b == nil) {
		t.Errorf("one operator decided twice or never: %v, %v", a, b)
	}
}

// Proves: A-103
// ASVS: V6.3.8
func TestStrangersLearnNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	nobody := claim()
	nobody.Papers = account.Login{Kind: account.SNILS, Value: "11223344595"}
	k, r := w.applied(nobody)
	want(t, w.Agree(t.Context(), w.ops[0], k), ErrNobody)
	want(t, w.Refuse(t.Context(), w.ops[0], k, "because"), ErrWhy)
	want(t, w.Refuse(t.Context(), w.ops[0], k, "mismatch"), nil)
	if text := w.last(newPhone); !strings.Contains(strings.ReplaceAll(text, "\u00a0", " "), "Данные не совпали") {
		t.Errorf("the applicant is told %q", text)
	}
	st, err := w.StatusOf(t.Context(), client(), r.Number, r.Code)
	want(t, err, nil)
	if st.State != Refused || st.Reason != "mismatch" {
		t.Errorf("the status is %+v", st)
	}
	_, wrongCode := w.StatusOf(t.Context(), client(), r.Number, "00000000")
	_, wrongNumber := w.StatusOf(t.Context(), client(), "1000000000", "00000000")
	if !errors.Is(wrongCode, ErrStatus) || !errors.Is(wrongNumber, ErrStatus) {
		t.Errorf("a wrong code: %v, a wrong number: %v", wrongCode, wrongNumber)
	}
	for range limitNumber.Burst {
		_, err = w.StatusOf(t.Context(), account.Client{IP: "192.0.2.77"}, r.Number, "00000000")
	}
	want(t, err, limit.ErrTooMany)
}

func TestAContactOfAnAccountGetsNoCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := client()
	k, err := w.Start(t.Context(), c, account.Login{Kind: account.Phone, Value: oldPhone}, i18n.RU)
	want(t, err, nil)
	if text := w.last(oldPhone); code6.MatchString(text) || !strings.Contains(text, "уже есть учётная запись") {
		t.Errorf("the holder is told %q", text)
	}
	want(t, w.Prove(t.Context(), c, k, "123456"), ErrCode)
}

func TestCodesOfANewContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := client()
	k, err := w.Start(t.Context(), c, account.Login{Kind: account.Phone, Value: newPhone}, i18n.RU)
	want(t, err, nil)
	right := code6.FindString(w.last(newPhone))
	want(t, w.Prove(t.Context(), client(), k, right), ErrNone) // another browser
	want(t, w.Resend(t.Context(), c, k), ErrTooSoon)
	for range codeTries {
		want(t, w.Prove(t.Context(), c, k, "000000"), ErrCode)
	}
	want(t, w.Prove(t.Context(), c, k, right), ErrCodeOver)
	w.pass(codeResend)
	want(t, w.Resend(t.Context(), c, k), nil)
	right = code6.FindString(w.last(newPhone))
	w.pass(codeLife)
	want(t, w.Prove(t.Context(), c, k, right), ErrCodeOver)
}

func TestACaseIsSentWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := client()
	k, err := w.Start(t.Context(), c, account.Login{Kind: account.Phone, Value: newPhone}, i18n.RU)
	want(t, err, nil)
	want(t, w.Fill(t.Context(), c, k, claim()), ErrNone)
	want(t, w.Attach(t.Context(), c, k, "passport", "a.png", bytes.NewReader(picture())), ErrNone)
	want(t, w.Prove(t.Context(), c, k, code6.FindString(w.last(newPhone))), nil)
	want(t, w.Fill(t.Context(), c, k, claim()), nil)
	_, err = w.Service.Send(t.Context(), c, k)
	want(t, err, ErrNoPassport)
	want(t, w.Attach(t.Context(), c, k, "passport", "a.exe", strings.NewReader("MZ")), document.ErrFormat)
	want(t, w.Attach(t.Context(), c, k, "passport", "a.png", bytes.NewReader(picture()[:40])), document.ErrBroken)
	want(t, w.Attach(t.Context(), c, k, "passport", "a.pdf", bytes.NewReader(make([]byte, document.MaxSize+1))), document.ErrFormat)
	want(t, w.Attach(t.Context(), c, k, "passport", "a.png", bytes.NewReader(picture())), nil)
	want(t, w.Attach(t.Context(), c, k, "passport", "b.png", bytes.NewReader(picture())), nil) // in its place
	_, err = w.Service.Send(t.Context(), c, k)
	want(t, err, nil)
	_, err = w.Service.Send(t.Context(), c, k)
	want(t, err, ErrNone)
	w.last(newPhone)
	if n := w.blobs(); n != 1 {
		t.Errorf("%d pictures are stored", n)
	}
}

// blobs counts the stored pictures.
func (w *world) blobs() (n int) {
	w.must(filepath.WalkDir(filepath.Join(w.dir, "recovery"), func(_ string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return err
	}))
	return n
}

// Proves: A-103
func TestPicturesGoAfterTheDecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, _ := w.applied(claim())
	want(t, w.Refuse(t.Context(), w.ops[0], k, "unreadable"), nil)
	w.pass(keepFiles - time.Minute)
	want(t, w.Sweep(t.Context()), nil)
	w.last(newPhone)
	if n := w.blobs(); n != 1 {
		t.Errorf("%d pictures before their time", n)
	}
	w.pass(2 * time.Minute)
	want(t, w.Sweep(t.Context()), nil)
	w.last(newPhone)
	if n := w.blobs(); n != 0 {
		t.Errorf("%d pictures stay", n)
	}
	l, err := w.Look(t.Context(), w.ops[1], k)
	want(t, err, nil)
	if l.State != Refused || len(l.Files) != 0 {
		t.Errorf("the case is %s with %d files", l.State, len(l.Files))
	}
	w.pass(keepCase)
	want(t, w.Sweep(t.Context()), nil)
	_, err = w.Look(t.Context(), w.ops[1], k)
	want(t, err, ErrNone)
}

func TestADraftGoesAfterADayAndAnOfferAfterAWeek(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := client()
	draft := w.proved(c, account.Login{Kind: account.Email, Value: "new@example.test"})
	want(t, w.Attach(t.Context(), c, draft, "selfie", "a.png", bytes.NewReader(picture())), nil)
	k, r := w.applied(claim())
	w.approved(k)
	w.pass(WaitDefault + takeUp)
	want(t, w.Sweep(t.Context()), nil)
	w.last(newPhone)
	if _, err := w.Draft(t.Context(), c, draft); !errors.Is(err, ErrNone) {
		t.Errorf("the draft: %v", err)
	}
	st, err := w.StatusOf(t.Context(), client(), r.Number, r.Code)
	want(t, err, nil)
	if st.State != Expired {
		t.Errorf("the status is %s", st.State)
	}
}

// Proves: A-103
func TestEveryLookIsWrittenDownAndNobodyDecidesOnTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, _ := w.applied(claim())
	l, err := w.Look(t.Context(), w.ops[0], k)
	want(t, err, nil)
	for _, d := range l.Compared {
		if !d.Same {
			t.Errorf("%q and %q differ", d.Claimed, d.Known)
		}
	}
	_, content, err := w.Picture(t.Context(), w.ops[0], k, l.Files[0].ID)
	want(t, err, nil)
	content.Close()
	acts := w.acts(w.account)
	if !slices.Contains(acts, "recovery.audit_looked") || !slices.Contains(acts, "recovery.audit_picture") {
		t.Errorf("the log tells %q", acts)
	}
	own := Operator{Account: w.account}
	_, err = w.Look(t.Context(), own, k)
	want(t, err, ErrOwn)
	want(t, w.Agree(t.Context(), own, k), ErrOwn)
	_, _, err = w.Picture(t.Context(), own, k, l.Files[0].ID)
	want(t, err, ErrOwn)
}

func TestTheQueueHasPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range pageSize + 1 {
		k := Case{ID: "0000000000000000000000000" + string(rune('a'+i)), Number: "1", State: First, browser: []byte{}, created: w.now()}
		want(t, insertCase(t.Context(), w.db, w.keys, k), nil)
	}
	q, err := w.Queue(t.Context(), false, "")
	want(t, err, nil)
	if len(q.Cases) != pageSize || q.More == "" {
		t.Fatalf("%d cases, more after %q", len(q.Cases), q.More)
	}
	if q, err = w.Queue(t.Context(), false, q.More); err != nil || len(q.Cases) != 1 || q.More != "" {
		t.Errorf("the second page: %d cases, %v", len(q.Cases), err)
	}
	if q, err = w.Queue(t.Context(), true, ""); err != nil || len(q.Cases) != 0 {
		t.Errorf("decided: %d cases, %v", len(q.Cases), err)
	}
}

func TestPersonalDataOfACaseLieSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.applied(claim())
	rows := w.dump("recovery_case") + w.dump("recovery_file")
	for _, canary := range []string{"Соколова", newPhone, snils, "паспорт.png"} {
		if strings.Contains(rows, canary) {
			t.Errorf("%s is readable", canary)
		}
	}
}

// dump returns what is stored of personal data.
func (w *world) dump(table string) string {
	w.t.Helper()
	list, err := sqldb.All(w.t.Context(), w.db, func(r sqldb.Row) (b []byte, err error) { err = r.Scan(&b); return b, err }, "SELECT data FROM "+table)
	w.must(err)
	if len(list) == 0 {
		w.t.Errorf("%s is empty", table)
	}
	return string(bytes.Join(list, nil))
}

// Proves: A-103
func TestTheWayOfSomebodyWhoLostEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := webtest.New(t, w.serve(""))
	p := b.Get("/recovery")
	p = p.Form("main form").Set("contact", "x").Send()
	if p.Status != 422 {
		t.Fatalf("a wrong contact: %d", p.Status)
	}
	p = p.Form("main form").Set("contact", newPhone).Send()
	p = p.Form("main form").Set("code", code6.FindString(w.last(newPhone))).Send()
	if p = p.Form("main form").Set("surname", "Соколова").Set("papers", "12").Send(); p.Status != 422 || !strings.Contains(p.Text("main"), "Проверьте номер") {
		t.Fatalf("wrong data: %d %s", p.Status, p.Text("main"))
	}
	p = p.Form("main form").Set("surname", "Соколова").Set("name", "Марина").Set("birth", "14.03.1991").Set("papers", snils).Set("story", "Потеряла телефон").Set("consent", "on").Send()
	if !p.Has("input[name=passport]") {
		t.Fatalf("after the data: %d %s", p.Status, p.Text("main"))
	}
	send := `main form[action$="/send"]`
	if p = p.Form(send).Send(); p.Status != 422 || !strings.Contains(p.Text("main"), "Сначала прикрепите") {
		t.Fatalf("without a passport: %d %s", p.Status, p.Text("main"))
	}
	p = p.Form(`main form:has(input[name=passport])`).Attach("passport", "паспорт.png", "image/png", picture()).Send()
	if !strings.Contains(p.Text("main"), "паспорт.png") {
		t.Fatalf("after the file: %d %s", p.Status, p.Text("main"))
	}
	p = p.Form(send).Send()
	if !strings.Contains(p.Text("main"), "Заявка отправлена") {
		t.Fatalf("after sending: %d %s", p.Status, p.Text("main"))
	}
	text := w.last(newPhone)
	number, code := codeN(text, 10), codeN(text, 8)
	p = b.Get("/recovery/status").Form("main form").Set("number", number).Set("code", code).Send()
	if !strings.Contains(p.Text("main"), "на проверке") {
		t.Fatalf("the status: %d %s", p.Status, p.Text("main"))
	}

	for i, op := range w.ops[:2] {
		desk := webtest.New(t, w.serve(op.Account))
		p = desk.Get(deskPath)
		p = desk.Get(webtest.Attr(p.All("main td a, main th a")[0], "href"))
		if !strings.Contains(p.Text("main"), "Совпало") || strings.Contains(p.Text("main"), "не найдена") {
			t.Fatalf("operator %d sees %s", i, p.Text("main"))
		}
		agree := `main form:has(input[name=sure])`
		if bad := p.Form(agree).Send("agree"); bad.Status != 422 {
			t.Fatalf("agreed without looking: %d", bad.Status)
		}
		if p = p.Form(agree).Set("sure", "on").Send(); !strings.Contains(p.Text("main"), "Решение записано") {
			t.Fatalf("operator %d: %d %s", i, p.Status, p.Text("main"))
		}
	}
	w.last(newPhone)
	w.pass(WaitDefault)
	p = b.Get(pathIn(w.last(newPhone)))
	p = p.Form("main form").Set("password", fresh).Set("repeat", fresh).Send()
	if p.URL.Path != "/login" {
		t.Fatalf("after the password: %d %s", p.Status, p.Text("main"))
	}
	if p = webtest.New(t, w.serve(w.account)).Get(deskPath); p.Status != 404 {
		t.Errorf("a citizen at the desk: %d", p.Status)
	}
}

// codeN finds a number of n digits.
func codeN(text string, n int) string {
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return c < '0' || c > '9' }) {
		if len(word) == n {
			return word
		}
	}
	return ""
}
