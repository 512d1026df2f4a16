package notify_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

func (e *env) history(account string) []notify.Record {
	e.t.Helper()
	h, err := e.History(e.t.Context(), account, "", 100)
	if err != nil {
		e.t.Fatal(err)
	}
	return h.Records
}

func (e *env) dead() []jobs.Dead {
	e.t.Helper()
	dead, err := jobs.ListDead(e.t.Context(), e.db, 10)
	if err != nil {
		e.t.Fatal(err)
	}
	return dead
}

func urgent(owner, key string) notify.Notice {
	n := notice(owner, key)
	n.SMS = true
	return n
}

// Nobody has set anything up: it is automatic.
//
// Proves: K-21
func TestANoticeGoesByMailAndWhenAskedBySMS(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.send(urgent(anna, "a"))
	e.drain()
	e.forward(time.Second)
	e.send(notice(anna, "b"))
	e.drain()
	if len(e.mails) != 2 || len(e.sms) != 1 {
		t.Fatalf("%d letters, %d SMS", len(e.mails), len(e.sms))
	}
	id := e.history(anna)[1].ID
	m := e.mails[0]
	if m.ID != id || m.To != "anna@example.test" || plain(m.Subject) != "Заявка 2026-001245 принята" {
		t.Errorf("%+v", m)
	}
	link := "https://kabinet.example.test/notices/" + id + "/open"
	for _, want := range []string{"Здравствуйте, Анна!", "Ответим до 3 декабря", "Услуга: Загранпаспорт.", link} {
		if !strings.Contains(plain(m.Text), want) || !strings.Contains(plain(m.HTML), want) {
			t.Errorf("the letter lacks %q:\n%s\n%s", want, m.Text, m.HTML)
		}
	}
	if want := id + " +79000001234 Кабинет: Заявка 2026-001245 принята. Ответим до 3 декабря, пошлина 3 042,50 ₽. Это 2 раз"; e.sms[0] != want {
		t.Errorf("SMS %q", e.sms[0])
	}
}

func TestLettersAreInThePersonsLanguage(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.contact.Lang, e.contact.Name = i18n.EN, ""
	e.send(urgent(anna, "a"))
	e.drain()
	if m := e.mails[0]; m.Subject != "Application 2026-001245 was taken" || !strings.HasPrefix(m.Text, "Hello!\n") || !strings.Contains(m.HTML, `<html lang="en">`) {
		t.Errorf("%+v", m)
	}
	if !strings.Contains(e.sms[0], "Kabinet: Application") {
		t.Error(e.sms[0])
	}
}

func TestWhoHasNoContactsIsToldInTheFeedOnly(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.contact = notify.Contact{}
	e.send(urgent(anna, "a"))
	e.drain()
	if h := e.history(anna); len(h) != 1 || len(h[0].Deliveries) != 0 || e.unread(anna) != 1 || len(e.dead()) != 0 {
		t.Errorf("%+v", h)
	}
}

func TestAQuietNoticeStaysInTheFeed(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	n := urgent(anna, "a")
	n.Quiet = true
	e.send(n)
	e.drain()
	if len(e.mails) != 0 || len(e.sms) != 0 {
		t.Errorf("%d letters, %d SMS", len(e.mails), len(e.sms))
	}
	if items, err := e.Latest(t.Context(), anna, 10); err != nil || len(items) != 1 {
		t.Errorf("%d notices in the feed: %v", len(items), err)
	}
}

func TestAWordThatLooksLikeMarkupStaysAWord(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	n := notice(anna, "a")
	n.Args[1] = "<b>1</b>\r\nBcc: all@example.test"
	e.send(n)
	e.drain()
	if m := e.mails[0]; strings.Contains(m.HTML, "<b>") || strings.ContainsAny(m.Subject, "\r\n") {
		t.Errorf("%+v", m)
	}
}

// Proves: K-08
func TestTheHistoryTellsWhatWasSentWhereAndWhen(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.send(urgent(anna, "a"))
	e.forward(time.Minute)
	e.drain()
	if err := e.Delete(t.Context(), anna, e.feed(anna, notify.Filter{})[0].ID); err != nil {
		t.Fatal(err)
	}
	h := e.history(anna)
	want := []notify.Delivery{
		{Channel: notify.Mail, To: "a•••@example.test", State: notify.Sent, Attempts: 1, SentAt: e.clock()},
		{Channel: notify.SMS, To: "+7 900 •••-12-34", State: notify.Sent, Attempts: 1, SentAt: e.clock()},
	}
	if len(h) != 1 {
		t.Fatalf("%+v", h)
	}
	h[0].Deliveries[1].To = plain(h[0].Deliveries[1].To)
	if diff := cmp.Diff(want, h[0].Deliveries); diff != "" {
		t.Error(diff)
	}
	for i := range 4 {
		e.forward(time.Second)
		e.send(urgent(anna, fmt.Sprint(i)))
	}
	var sizes []int
	for before := ""; ; {
		page, err := e.History(t.Context(), anna, before, 2)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.Records))
		if before = page.Next; before == "" {
			break
		}
	}
	if diff := cmp.Diff([]int{2, 2, 1}, sizes); diff != "" {
		t.Error(diff)
	}
	if len(e.history(boris)) != 0 {
		t.Error("another person sees it")
	}
}

// A partner that is down: the feed has the notice at once, the messages follow.
func TestAPartnerThatIsDownIsTriedAgainAndTheFeedIsNotHeldUp(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.down = errors.New("connection refused by the server for anna@example.test and +79000001234")
	e.send(urgent(anna, "a"))
	e.drain()
	if e.unread(anna) != 1 {
		t.Error("the feed lacks the notice")
	}
	for _, d := range e.history(anna)[0].Deliveries {
		if d.State != notify.Waiting || !d.SentAt.IsZero() {
			t.Errorf("%+v", d)
		}
	}
	e.down = nil
	e.drain()
	if len(e.mails) != 0 {
		t.Error("it was tried again without a pause")
	}
	e.forward(6 * time.Second)
	e.drain()
	if len(e.mails) != 1 || len(e.sms) != 1 {
		t.Errorf("%d letters, %d SMS", len(e.mails), len(e.sms))
	}
	for _, d := range e.history(anna)[0].Deliveries {
		if d.State != notify.Sent || d.Attempts != 2 || d.Repeats != 0 {
			t.Errorf("%+v", d)
		}
	}
}

func TestAfterTwoDaysAMessageIsGivenUpAndEverybodyConcernedSeesIt(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.down = errors.New("no answer from +79000001234")
	e.send(urgent(anna, "a"))
	start := e.clock()
	for range 100 {
		e.drain()
		e.forward(4 * time.Hour)
		if len(e.dead()) > 0 {
			break
		}
	}
	if took := e.clock().Sub(start); took < 36*time.Hour || took > 5*24*time.Hour {
		t.Errorf("given up after %s", took)
	}
	dead := e.dead()
	if len(dead) != 1 || strings.Contains(dead[0].Error, "9000001234") || !strings.Contains(dead[0].Error, "no answer from •••") {
		t.Fatalf("%+v", dead)
	}
	for _, d := range e.history(anna)[0].Deliveries {
		if d.State != notify.Failed {
			t.Errorf("%+v", d)
		}
	}
	e.down = nil
	if ok, err := jobs.Revive(t.Context(), e.db, dead[0].ID, e.clock()); !ok || err != nil {
		t.Fatal(err)
	}
	e.drain()
	if h := e.history(anna)[0].Deliveries; h[0].State != notify.Sent || h[1].State != notify.Sent {
		t.Errorf("the operator let it run again: %+v", h)
	}
}

func TestAMailboxThatDoesNotExistIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.down = fmt.Errorf("%w: 550 no such mailbox", notify.ErrRefused)
	e.send(notice(anna, "a"))
	e.drain()
	d := e.history(anna)[0].Deliveries
	if len(d) != 1 || d[0].State != notify.Failed || d[0].Attempts != 1 || len(e.dead()) != 0 {
		t.Errorf("%+v, dead %v", d, e.dead())
	}
	e.down = nil
	e.forward(time.Hour)
	e.drain()
	if len(e.mails) != 0 {
		t.Error("tried again")
	}
}

// Invariant I4: without a crash a message goes out once, whatever becomes of
// the other channel.
func TestWhatWasSentIsNotSentAgainWhenTheJobRunsTwice(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.send(urgent(anna, "a"))
	e.after = func() { e.down = errors.New("down from now on") } // the letter is taken, the SMS is not
	e.drain()
	e.down, e.after = nil, nil
	e.forward(time.Hour)
	e.drain()
	e.again(e.history(anna)[0].ID)
	if len(e.mails) != 1 || len(e.sms) != 1 {
		t.Errorf("%d letters, %d SMS", len(e.mails), len(e.sms))
	}
}

// again runs the job of a notice once more, as after a crash before its end.
func (e *env) again(notice string) {
	e.t.Helper()
	err := e.db.Tx(e.t.Context(), func(tx *sqldb.DB) error {
		return jobs.Add(e.t.Context(), tx, deliverArgs{anna, notice})
	})
	if err != nil {
		e.t.Fatal(err)
	}
	e.drain()
}

// deliverArgs is the job as it lies in the table.
type deliverArgs struct{ Account, Notice string }

func (deliverArgs) Kind() string { return "notify.deliver" }

// Invariant I4: the only repeats are those after a crash between the partner's
// answer and its record, and they are counted and carry the same ID.
func TestACrashBeforeTheRecordRepeatsTheMessageUnderTheSameID(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.send(notice(anna, "a"))
	e.drain()
	id := e.history(anna)[0].ID
	if _, err := e.db.Exec(t.Context(), `UPDATE delivery SET state = 'sending', sent_at = NULL`); err != nil {
		t.Fatal(err)
	}
	e.again(id)
	e.again(id)
	if len(e.mails) != 2 || e.mails[0].ID != e.mails[1].ID {
		t.Fatalf("%d letters", len(e.mails))
	}
	if d := e.history(anna)[0].Deliveries[0]; d.State != notify.Sent || d.Attempts != 2 || d.Repeats != 1 {
		t.Errorf("%+v", d)
	}
}

// Whoever broke in must not be able to hold back the warning of it.
func TestADeletedNoticeIsStillSent(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.send(urgent(anna, "a"))
	if err := e.Delete(t.Context(), anna, e.feed(anna, notify.Filter{})[0].ID); err != nil {
		t.Fatal(err)
	}
	e.drain()
	if len(e.mails) != 1 || len(e.sms) != 1 {
		t.Errorf("%d letters, %d SMS", len(e.mails), len(e.sms))
	}
}

func TestALongTextIsCutToFourSMS(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	n := urgent(anna, "a")
	n.Args[1] = strings.Repeat("ж", 300)
	e.send(n)
	e.drain()
	_, text, _ := strings.Cut(e.sms[0], " Кабинет")
	if n := len([]rune("Кабинет" + text)); n != 268 || !strings.HasSuffix(text, "…") {
		t.Errorf("%d characters", n)
	}
}
