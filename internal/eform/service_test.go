package eform

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kabinet/internal/audit"
	"kabinet/internal/document"
	"kabinet/internal/platform/blob"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

const alice, bob = "alice0000000000000000000aa", "bob000000000000000000000bb"

// bench is a service with what it needs and a clock to turn.
type bench struct {
	*Service
	db     *sqldb.DB
	form   *Compiled
	runner *jobs.Runner
	now    *time.Time
	dir    string
}

func newBench(t testing.TB) bench {
	t.Helper()
	now := day
	clock := func() time.Time { return now }
	db, keys, dir := sqldbtest.New(t, jobs.Schema(), audit.Schema(), document.Schema(), Schema()), secrettest.New(t), t.TempDir()
	blobs, err := blob.Open(filepath.Join(dir, "files"), keys)
	if err != nil {
		t.Fatal(err)
	}
	s := New(db, keys, document.New(document.Config{DB: db, Keys: keys, Blobs: blobs, Now: clock}), clock)
	runner := jobs.NewRunner(db, clock, 1)
	s.Jobs(runner)
	return bench{s, db, passport(t), runner, &now, dir}
}

func person(account string) audit.Actor { return audit.Actor{Kind: audit.Person, ID: account} }

func (b bench) start(t testing.TB, account string) Draft {
	t.Helper()
	d, err := b.Start(t.Context(), person(account), account, Beginning{Form: "passport", Version: "3"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// save posts values of a step from a tab that drew the page at revision rev.
func (b bench) save(t testing.TB, d Draft, tab string, rev int64, step string, values Answers, do ...string) (Draft, []Conflict) {
	t.Helper()
	p := Posted{Step: step, Tab: tab, Rev: rev, Values: values}
	if do != nil {
		p.Do = ParseCommand(do[0])
	}
	d, conflicts, err := b.Save(t.Context(), d.Account, d.ID, b.form, p)
	if err != nil {
		t.Fatal(err)
	}
	return d, conflicts
}

func (b bench) look(d Draft) *State { return b.form.State(d.Answers, Env{Today: day}) }

func TestADraftKeepsWhatWasTypedEvenWhenItIsWrong(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.start(t, alice)
	*b.now = b.now.Add(time.Minute)
	d, _ = b.save(t, d, "a", d.Rev, "person", Answers{"birthplace": "гор. В", "phone": "12", "fio.last": ""})
	got, err := b.Draft(t.Context(), alice, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := Draft{Account: alice, ID: d.ID, Form: "passport", Version: "3", Step: "person", Rev: 2, Created: day, Updated: day.Add(time.Minute),
		Answers: Answers{"birthplace": "гор. В", "phone": "12", "fio.last": ""}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Draft{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := b.GoTo(t.Context(), alice, d.ID, "consent"); err != nil {
		t.Fatal(err)
	}
	if got, _ = b.Draft(t.Context(), alice, d.ID); got.Step != "consent" || got.Answers["phone"] != "12" {
		t.Errorf("going on gave %+v", got)
	}
}

func TestAFormSentTwiceBeginsOneDraft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := b.Start(t.Context(), person(alice), alice, Beginning{ID: "chosen", Form: "passport", Version: "3"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if page, err := b.Drafts(t.Context(), alice, "", 10); err != nil || len(page.Drafts) != 1 || page.Drafts[0].ID != "chosen" {
		t.Errorf("%+v, %v", page.Drafts, err)
	}
}

func TestADraftIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.start(t, alice)
	_, err := b.Draft(t.Context(), bob, d.ID)
	_, _, saveErr := b.Save(t.Context(), bob, d.ID, b.form, Posted{Step: "person", Values: Answers{"phone": "1"}})
	_, fileErr := b.AttachFile(t.Context(), b.look(Draft{Answers: Answers{"reason": "age", "renamed": "yes"}}), Draft{Account: bob, ID: d.ID}, "certificate", "a.png", bytes.NewReader(png))
	for what, err := range map[string]error{"reading": err, "saving": saveErr, "going on": b.GoTo(t.Context(), bob, d.ID, "x"), "attaching": fileErr,
		"discarding": b.Discard(t.Context(), person(bob), bob, d.ID), "sending": b.db.Tx(t.Context(), func(tx *sqldb.DB) error { return b.Send(t.Context(), tx, bob, d.ID, 1) })} {
		if !errors.Is(err, ErrNoDraft) {
			t.Errorf("%s the draft of another: %v", what, err)
		}
	}
	if fault.Of(ErrNoDraft).Kind != fault.NotFound {
		t.Error("the draft of another is not a page that is not there")
	}
	if page, err := b.Drafts(t.Context(), bob, "", 10); err != nil || len(page.Drafts) != 0 {
		t.Errorf("another sees %v, %v", page, err)
	}
}

func TestTwoTabsLoseNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first, second Answers // posted by tab a, then by tab b, both drawn with phone 1 and birthplace 1
		want          Answers
		conflict      []Conflict
	}{
		"different answers":               {Answers{"phone": "2", "birthplace": "1"}, Answers{"phone": "1", "birthplace": "2"}, Answers{"phone": "2", "birthplace": "2"}, nil},
		"the same answer alike":           {Answers{"phone": "2"}, Answers{"phone": "2"}, Answers{"phone": "2", "birthplace": "1"}, nil},
		"the same answer differently":     {Answers{"phone": "2"}, Answers{"phone": "3"}, Answers{"phone": "2", "birthplace": "1"}, []Conflict{{"phone", "3", "2"}}},
		"an answer emptied and left":      {Answers{"phone": ""}, Answers{"phone": "1"}, Answers{"phone": "", "birthplace": "1"}, nil},
		"an answer emptied and changed":   {Answers{"phone": ""}, Answers{"phone": "3"}, Answers{"phone": "", "birthplace": "1"}, []Conflict{{"phone", "3", ""}}},
		"answers that one page never had": {Answers{"fio.last": "А"}, Answers{"phone": "3"}, Answers{"phone": "3", "birthplace": "1", "fio.last": "А"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			d, _ := b.save(t, b.start(t, alice), "x", 1, "person", Answers{"phone": "1", "birthplace": "1"})
			drawn := d.Rev
			if _, conflicts := b.save(t, d, "a", drawn, "person", test.first); conflicts != nil {
				t.Fatalf("the first tab meets %v", conflicts)
			}
			d, conflicts := b.save(t, d, "b", drawn, "person", test.second)
			if diff := cmp.Diff(test.want, d.Answers); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.conflict, conflicts); diff != "" {
				t.Errorf("conflicts (-want +got):\n%s", diff)
			}
			if conflicts == nil {
				return
			}
			if Overlay(d, conflicts)["phone"] != "3" {
				t.Error("what was typed is not on the page drawn anew")
			}
			// The page drawn anew shows both; sent again, it is what counts.
			d, conflicts = b.save(t, d, "b2", d.Rev, "person", test.second)
			if conflicts != nil || d.Answers["phone"] != "3" {
				t.Errorf("sent again it gives %v, %v", d.Answers, conflicts)
			}
		})
	}
}

func TestOneTabMeetsNoConflictWithItself(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.start(t, alice)
	drawn := d.Rev
	for _, typed := range []string{"г", "го", "гор", "гор. В"} { // saved while typing, the page not drawn anew
		var conflicts []Conflict
		if d, conflicts = b.save(t, d, "a", drawn, "person", Answers{"birthplace": typed}); conflicts != nil {
			t.Fatal(conflicts)
		}
	}
	// Another tab, drawn before all that, changed something else.
	d, conflicts := b.save(t, d, "b", drawn, "person", Answers{"birthplace": "", "phone": "2"})
	if conflicts != nil || d.Answers["birthplace"] != "гор. В" || d.Answers["phone"] != "2" {
		t.Errorf("%v, %v", d.Answers, conflicts)
	}
	// Changed there and typed on here: the person decides.
	d, _ = b.save(t, d, "b", d.Rev, "person", Answers{"birthplace": "дер. Б"})
	if _, conflicts = b.save(t, d, "a", drawn, "person", Answers{"birthplace": "гор. Вер"}); len(conflicts) != 1 {
		t.Errorf("typing on over another's change meets %v", conflicts)
	}
	// So many changes that nobody knows any more what the page was drawn with.
	for i := range 2 * maxChanges {
		d, _ = b.save(t, d, fmt.Sprint("c", i), d.Rev, "person", Answers{"birthplace": fmt.Sprint(i)})
	}
	if d, conflicts = b.save(t, d, "old", drawn, "person", Answers{"birthplace": "x"}); len(conflicts) != 1 || len(d.changes["birthplace"]) > maxChanges {
		t.Errorf("a page long out of date meets %v", conflicts)
	}
}

func TestTwoAtOnceBothSave(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.start(t, alice)
	var wg sync.WaitGroup
	for i, path := range []string{"phone", "birthplace", "fio.last", "fio.first"} {
		wg.Go(func() {
			if _, _, err := b.Save(t.Context(), alice, d.ID, b.form, Posted{Step: "person", Rev: 1, Tab: fmt.Sprint(i), Values: Answers{path: "да"}}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := b.Draft(t.Context(), alice, d.ID)
	if err != nil || len(got.Answers) != 4 || got.Rev != 5 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestButtonsOfRowsKeepWhatIsTyped(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.start(t, alice)
	d, _ = b.save(t, d, "a", d.Rev, "person", Answers{"phone": "12"}, "add:children")
	first := d.Answers["children"]
	if first == "" || d.Answers["phone"] != "12" {
		t.Fatalf("adding a row gives %v", d.Answers)
	}
	row := "children." + first
	d, _ = b.save(t, d, "a", d.Rev, "person", Answers{row + ".birth": "2025-05-01", row + ".name.last": "Соколов", "children.rnone.birth": "2020-01-01"}, "copy:"+row)
	rows := strings.Fields(d.Answers["children"])
	if len(rows) != 2 || d.Answers["children."+rows[1]+".name.last"] != "Соколов" || d.Answers["children."+rows[1]+".birth"] != "2025-05-01" {
		t.Fatalf("copying a row gives %v", d.Answers)
	}
	if _, ok := d.Answers["children.rnone.birth"]; ok {
		t.Error("an answer of a row that is not there is kept")
	}
	d, _ = b.save(t, d, "a", d.Rev, "person", Answers{}, "remove:"+row)
	if d.Answers["children"] != rows[1] || d.Answers[row+".birth"] != "" {
		t.Errorf("removing a row gives %v", d.Answers)
	}
	for _, do := range []string{"remove:" + row, "add:reason", "add:nothing", "add:children.rnone.x", "copy:", "remove:children", "nonsense"} { // out of date or made up: they only save
		if d, _ = b.save(t, d, "a", d.Rev, "person", Answers{"phone": "13"}, do); d.Answers["children"] != rows[1] || d.Answers["phone"] != "13" {
			t.Errorf("%s gives %v", do, d.Answers)
		}
	}
}

func TestAGroupThatMustHaveRowsBeginsWithOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.form = compile(t, oneStep("  - {id: g, kind: group, label: {ru: Г, en: G}, row: {ru: Р, en: R}, add: {ru: Д, en: A}, fields: [{id: x, kind: text, label: {ru: Х, en: X}}]}\n"))
	d := b.start(t, alice)
	if diff := cmp.Diff([]string{"g.r1.x: Р 1: Заполните «Х» [required]"}, said(t, b.look(d).CheckAll())); diff != "" {
		t.Error(diff)
	}
	d, _ = b.save(t, d, "a", d.Rev, "only", Answers{"g.r1.x": "слово"}, "add:g")
	rows := strings.Fields(d.Answers["g"])
	if len(rows) != 2 || rows[0] != "r1" || d.Answers["g.r1.x"] != "слово" {
		t.Errorf("answering in it and adding one gives %v", d.Answers)
	}
	d, _ = b.save(t, d, "a", d.Rev, "only", Answers{}, "remove:g.r1")
	d, _ = b.save(t, d, "a", d.Rev, "only", Answers{}, "remove:g."+rows[1])
	if diff := cmp.Diff([]string{"g: Добавьте хотя бы одну запись: «Г» [required]"}, said(t, b.look(d).CheckAll())); diff != "" {
		t.Error(diff)
	}
}

// Proves: E-08
func TestAFileIsWhatItsContentSaysNotItsName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.form = compile(t, oneStep("    - {id: scan, kind: file, label: {ru: Скан, en: Scan}, types: [pdf]}\n    - {id: photo, kind: file, label: {ru: Фото, en: Photo}, types: [png]}\n"))
	locked := []byte("%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R /Encrypt 2 0 R >>\n%%EOF\n")
	for _, tt := range []struct {
		field, name string
		content     []byte
		want        error
	}{
		{"scan", "a.pdf", png, ErrFileType},
		{"photo", "a.pdf", png, ErrFileType},
		{"photo", "a.png", png, nil},
		{"photo", "image", png, nil},
		{"photo", "Снимок от 04.12.2026", png, nil},
		{"scan", "a.pdf", locked, document.ErrFlawed},
	} {
		d := b.start(t, alice)
		_, err := b.AttachFile(t.Context(), b.look(d), d, tt.field, tt.name, bytes.NewReader(tt.content))
		if !errors.Is(err, tt.want) || (tt.want == nil && err != nil) {
			t.Errorf("%s in %s: %v, want %v", tt.name, tt.field, err, tt.want)
		}
		if d, _ = b.Draft(t.Context(), alice, d.ID); (len(d.Answers) == 0) != (tt.want != nil) {
			t.Errorf("%s in %s leaves %v", tt.name, tt.field, d.Answers)
		}
	}
	if page, err := b.documents.List(t.Context(), alice, document.Query{}); err != nil || len(page.Files) != 3 {
		t.Errorf("refused files are kept: %d, %v", len(page.Files), err)
	}
}

// png is the smallest picture.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\xdac\xfc\xcf\xc0P\x0f\x00\x04\x85\x01\x80\x84\xa9\x8c!\x00\x00\x00\x00IEND\xaeB`\x82")

// Proves: E-08
func TestFilesAreTakenWhereTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.start(t, alice)
	d, _ = b.save(t, d, "a", d.Rev, "reason", Answers{"reason": "age", "renamed": "yes"})
	ctx := t.Context()
	file, err := b.AttachFile(ctx, b.look(d), d, "certificate", "Свидетельство.PNG", bytes.NewReader(png))
	if err != nil {
		t.Fatal(err)
	}
	d, _ = b.Draft(ctx, alice, d.ID)
	if diff := cmp.Diff([]Attachment{file}, d.Answers.Files("certificate")); diff != "" || file.Name != "Свидетельство.png" || file.Type != "png" {
		t.Errorf("attached %+v: %s", file, diff)
	}
	if problems := b.look(d).Check("reason"); problems != nil {
		t.Error(said(t, problems))
	}
	for name, want := range map[string]error{"a.exe": ErrFileType, "a.pdf": document.ErrFormat, "a": document.ErrFormat} {
		if _, err := b.AttachFile(ctx, b.look(d), d, "certificate", name, strings.NewReader("no file")); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	if _, err := b.AttachFile(ctx, b.look(d), d, "certificate", "a.png", bytes.NewReader(append(bytes.Clone(png), make([]byte, 6<<20)...))); !errors.Is(err, ErrFileSize) && !errors.Is(err, document.ErrTooLarge) {
		t.Errorf("a file too large: %v", err)
	}
	for path, answers := range map[string]Answers{"phone": d.Answers, "certificate": {"reason": "lost"}, "certificate.x": d.Answers, "nothing": d.Answers} {
		if _, err := b.AttachFile(ctx, b.form.State(answers, Env{Today: day}), d, path, "a.png", bytes.NewReader(png)); !errors.Is(err, ErrNoField) {
			t.Errorf("a file at %s: %v", path, err)
		}
	}
	// From the person's documents, up to as many as the field takes.
	for i := range 3 {
		stored, err := b.documents.Upload(ctx, alice, fmt.Sprint(i, ".png"), bytes.NewReader(append(bytes.Clone(png), byte(i))))
		if err != nil {
			t.Skip("the smallest picture with a tail is refused:", err)
		}
		if _, err = b.UseFile(ctx, b.look(d), d, "certificate", stored.ID); (i == 2) != errors.Is(err, ErrFileCount) {
			t.Errorf("file %d: %v", i, err)
		}
	}
	if _, err := b.UseFile(ctx, b.look(d), Draft{Account: bob, ID: d.ID}, "certificate", file.ID); !errors.Is(err, document.ErrNone) {
		t.Errorf("a file of another: %v", err)
	}
	d, _ = b.save(t, d, "a", d.Rev, "reason", Answers{}, "drop:certificate."+file.Key)
	if strings.Contains(d.Answers["certificate"], file.Key) {
		t.Error("a dropped file is still there")
	}
}

func TestSendingTakesWhatWasLookedOverAndOnlyOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d, _ := b.save(t, b.start(t, alice), "a", 1, "person", Answers{"phone": "1"})
	send := func(rev int64) error {
		return b.db.Tx(t.Context(), func(tx *sqldb.DB) error { return b.Send(t.Context(), tx, alice, d.ID, rev) })
	}
	if err := send(d.Rev - 1); !errors.Is(err, ErrChanged) {
		t.Errorf("sending what changed meanwhile: %v", err)
	}
	if err := send(d.Rev); err != nil {
		t.Fatal(err)
	}
	if err := send(d.Rev); !errors.Is(err, ErrSent) {
		t.Errorf("sending twice: %v", err)
	}
	if _, _, err := b.Save(t.Context(), alice, d.ID, b.form, Posted{Step: "person"}); !errors.Is(err, ErrSent) {
		t.Errorf("saving what is sent: %v", err)
	}
	if err := b.Discard(t.Context(), person(alice), alice, d.ID); !errors.Is(err, ErrSent) {
		t.Errorf("discarding what is sent: %v", err)
	}
	got, err := b.Draft(t.Context(), alice, d.ID)
	if err != nil || got.Sent.IsZero() || len(got.Answers) != 0 {
		t.Errorf("it is kept as %+v, %v", got, err)
	}
	if page, _ := b.Drafts(t.Context(), alice, "", 10); len(page.Drafts) != 0 {
		t.Error("it is still among the drafts")
	}
}

func TestDraftsAreListedLatestFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var want []string
	for i := range 5 {
		if i != 2 { // two at the same moment
			*b.now = b.now.Add(time.Minute)
		}
		want = append([]string{b.start(t, alice).ID}, want...)
	}
	if want[2] < want[3] {
		want[2], want[3] = want[3], want[2]
	}
	var got []string
	for after := ""; ; {
		page, err := b.Drafts(t.Context(), alice, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Drafts {
			got = append(got, d.ID)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	sqldbtest.NoFullScan(t, b.db, listQuery, alice, sqldb.At(*b.now), "", 10)
	sqldbtest.NoFullScan(t, b.db, idleQuery, sqldb.At(*b.now), 10)
}

func TestDraftsHaveLimits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.start(t, alice)
	huge := Answers{}
	for i := range 60 {
		huge[fmt.Sprint("fio.last", i)] = strings.Repeat("ы", 6000)
	}
	if _, err := b.Start(t.Context(), person(alice), alice, Beginning{Form: "f", Answers: huge}); !errors.Is(err, ErrTooMuch) {
		t.Errorf("a draft too large: %v", err)
	}
	for range MaxDrafts - 1 {
		b.start(t, alice)
	}
	if _, err := b.Start(t.Context(), person(alice), alice, Beginning{Form: "f"}); !errors.Is(err, ErrMany) {
		t.Errorf("one draft too many: %v", err)
	}
	if err := b.Discard(t.Context(), person(alice), alice, d.ID); err != nil {
		t.Fatal(err)
	}
	b.start(t, alice)
}

func TestDraftsLeftAloneAreRemovedAfterNinetyDays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	old := b.start(t, alice)
	*b.now = b.now.Add(time.Hour)
	used, _ := b.save(t, b.start(t, alice), "a", 1, "person", Answers{"phone": "1"})
	*b.now = day.Add(KeepDrafts).Add(time.Minute)
	if err := b.expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Draft(t.Context(), alice, old.ID); !errors.Is(err, ErrNoDraft) {
		t.Errorf("the old draft: %v", err)
	}
	if _, err := b.Draft(t.Context(), alice, used.ID); err != nil {
		t.Errorf("the draft in use: %v", err)
	}
	lines, err := audit.List(t.Context(), b.db, audit.Query{Owner: alice, Limit: 10})
	if err != nil || lines[0].Act != "eform.audit_expired" || lines[0].Object != "draft/"+old.ID || len(lines) != 3 {
		t.Errorf("the log says %+v, %v", lines, err)
	}
}

func TestNothingOfADraftIsReadableInTheDatabase(t *testing.T) {
	t.Parallel()
	if os.Getenv(sqldbtest.PGEnv) != "" {
		t.Skip("the test reads SQLite's files")
	}
	dir := t.TempDir()
	db, err := sqldb.Open(t.Context(), "sqlite:"+filepath.Join(dir, "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	b := newBench(t)
	if err := schemaUp(t, db); err != nil {
		t.Fatal(err)
	}
	b.Service.db, b.db = db, db
	d, _ := b.save(t, b.start(t, alice), "a", 1, "person", Answers{"birthplace": "Канареечное", "phone": "+79000004242"})
	b.save(t, d, "b", d.Rev, "person", Answers{"birthplace": "другое"})
	filepath.WalkDir(dir, func(p string, e fs.DirEntry, _ error) error {
		if e.IsDir() {
			return nil
		}
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, canary := range []string{"Канареечное", "79000004242", "birthplace"} {
			if bytes.Contains(data, []byte(canary)) {
				t.Errorf("%s holds %q", filepath.Base(p), canary)
			}
		}
		return nil
	})
}

func BenchmarkSaveDraft(b *testing.B) {
	s := newBench(b)
	d := s.start(b, alice)
	for i := 0; b.Loop(); i++ {
		s.save(b, d, "a", int64(i+1), "person", Answers{"birthplace": fmt.Sprint("гор. ", i), "phone": "+79000001234"})
	}
}

func schemaUp(t testing.TB, db *sqldb.DB) error {
	_, err := schema.Up(t.Context(), db, jobs.Schema(), audit.Schema(), document.Schema(), Schema())
	return err
}
