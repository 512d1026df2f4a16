package document

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// uploadForm is the form of a new file.
type uploadForm struct{ Type, File *web.Field }

func newUploadForm() uploadForm {
	return uploadForm{
		Type: &web.Field{Name: "type", Label: i18n.K("document.type"), Value: string(Other)},
		File: &web.Field{Name: "file", Label: i18n.K("document.file"), Hint: i18n.K("document.file_hint")},
	}
}

func (f uploadForm) fields() []*web.Field { return []*web.Field{f.Type, f.File} }

// editForm is the form of a file's name and type.
type editForm struct{ Name, Type *web.Field }

func newEditForm(f File) editForm {
	name := strings.TrimSuffix(f.Name, f.Name[max(0, strings.LastIndexByte(f.Name, '.')):])
	return editForm{
		Name: &web.Field{Name: "name", Label: i18n.K("document.name"), Value: name, Max: maxName - 5},
		Type: &web.Field{Name: "type", Label: i18n.K("document.type"), Value: string(f.Type), Optional: true},
	}
}

func (f editForm) fields() []*web.Field { return []*web.Field{f.Name, f.Type} }

// verifyForm is the form of a check.
type verifyForm struct{ Code, File *web.Field }

func newVerifyForm() verifyForm {
	return verifyForm{
		Code: &web.Field{Name: "code", Label: i18n.K("document.code"), Hint: i18n.K("document.code_hint"), Max: 40},
		File: &web.Field{Name: "file", Label: i18n.K("document.check_file"), Hint: i18n.K("document.check_file_hint")},
	}
}

func (f verifyForm) fields() []*web.Field { return []*web.Field{f.Code, f.File} }

// filter is what a list is narrowed to, as it stands in the address.
type filter struct {
	Text, Kind, Type, Status, Period, Order *web.Field
	after, before                           string
}

// Periods of the filter by date.
const (
	lastMonth = "month"
	lastYear  = "year"
)

func readFilter(q url.Values) filter {
	f := filter{
		Text:   &web.Field{Name: "q", Label: i18n.K("document.search")},
		Kind:   &web.Field{Name: "kind", Label: i18n.K("document.origin")},
		Type:   &web.Field{Name: "of", Label: i18n.K("document.type_short")},
		Status: &web.Field{Name: "status", Label: i18n.K("document.status")},
		Period: &web.Field{Name: "since", Label: i18n.K("document.since")},
		Order:  &web.Field{Name: "sort", Label: i18n.K("document.order")},
		after:  q.Get("after"), before: q.Get("before"),
	}
	for _, field := range f.fields() {
		field.Value = clip(web.Clean(q.Get(field.Name)), web.DefaultMax)
	}
	return f
}

func (f filter) fields() []*web.Field {
	return []*web.Field{f.Text, f.Kind, f.Type, f.Status, f.Period, f.Order}
}

func (f filter) query(now time.Time) Query {
	q := Query{
		Text: f.Text.Value, Kind: Kind(f.Kind.Value), Type: Type(f.Type.Value), Status: Status(f.Status.Value),
		Order: Order(f.Order.Value), After: f.after, Before: f.before,
	}
	if !slices.Contains(Orders(), q.Order) {
		q.Order = Newest
	}
	switch f.Period.Value {
	case lastMonth:
		q.Since = now.AddDate(0, 0, -30)
	case lastYear:
		q.Since = now.AddDate(-1, 0, 0)
	}
	return q
}

// on reports whether anything is filtered away.
func (f filter) on() bool {
	return slices.ContainsFunc(f.fields(), func(field *web.Field) bool { return field != f.Order && field.Value != "" })
}

// address leads to the same list from another file on.
func (f filter) address(param, file string) string {
	q := url.Values{param: {file}}
	for _, field := range f.fields() {
		if field.Value != "" {
			q.Set(field.Name, field.Value)
		}
	}
	return "/documents?" + q.Encode()
}

// listPage is «Мои документы».
type listPage struct {
	Filter         filter
	Form           uploadForm
	Page           Page
	Added, Changed *File
	Deleted        bool
	Now            time.Time // in the time zone of the region
}

// formFirst reports whether the form stands above the list: when there is
// nothing to see below it, or something to mend in it.
func (p listPage) formFirst() bool {
	return len(p.Page.Files) == 0 && !p.Filter.on() || !p.Form.File.Error.IsZero()
}

func (p listPage) pages() (pages ui.Pages) {
	files := p.Page.Files
	if len(files) == 0 {
		return pages
	}
	if p.Page.Before {
		pages.Newer = p.Filter.address("before", files[0].ID)
	}
	if p.Page.After {
		pages.Older = p.Filter.address("after", files[len(files)-1].ID)
	}
	return pages
}

// editPage is what there is to know and to change of one file.
type editPage struct {
	File  File
	Form  editForm
	Facts Facts  // of an issued document
	Code  string // "" for an upload
}

// checkPage is the public check of documents.
type checkPage struct {
	Form    verifyForm
	Facts   *Facts   // of the document with the code, or of the file
	Verdict *Verdict // of a file; nil when none was checked
	Now     time.Time
}

func (p checkPage) wrong() bool { return len(web.Wrong(p.Form.fields()...)) > 0 }

// lead is what came out of the check, in one sentence, and how it looks.
func (p checkPage) result() (ui.Tone, i18n.Text, bool) {
	if p.Verdict == nil {
		return ui.Success, i18n.K("document.code_genuine"), p.Facts != nil
	}
	switch p.Verdict.State {
	case Genuine:
		return ui.Success, i18n.K("document.file_genuine"), true
	case Sealed:
		return ui.Success, i18n.K("document.file_sealed"), true
	case OtherPaper:
		return ui.Warning, i18n.K("document.file_other"), true
	case Changed:
		return ui.Danger, i18n.K("document.file_changed"), true
	}
	return ui.Danger, i18n.K("document.file_not_ours"), true
}

func typeText(t Type) i18n.Text { return i18n.K("document.type_" + string(t)) }

func typeOptions(all bool) (options []ui.Option) {
	if all {
		options = append(options, ui.Option{Text: i18n.K("document.type_any")})
	}
	for _, t := range Types() {
		options = append(options, ui.Option{Value: string(t), Text: typeText(t)})
	}
	return options
}

func statusOptions() []ui.Option {
	options := []ui.Option{{Text: i18n.K("document.status_any")}}
	for _, st := range Statuses() {
		options = append(options, ui.Option{Value: string(st), Text: statusTag(st).Text})
	}
	return options
}

func kindOptions() []ui.Option {
	return []ui.Option{
		{Text: i18n.K("document.origin_any")},
		{Value: string(Uploaded), Text: i18n.K("document.origin_upload")},
		{Value: string(Issued), Text: i18n.K("document.origin_issued")},
	}
}

func periodOptions() []ui.Option {
	return []ui.Option{
		{Text: i18n.K("document.since_any")},
		{Value: lastMonth, Text: i18n.K("document.since_month")},
		{Value: lastYear, Text: i18n.K("document.since_year")},
	}
}

func orderOptions() (options []ui.Option) {
	for _, o := range Orders() {
		options = append(options, ui.Option{Value: string(o), Text: i18n.K("document.order_" + string(o))})
	}
	return options
}

func statusTag(st Status) ui.Tag {
	switch st {
	case StatusClarify:
		return ui.Tag{Text: i18n.K("document.status_clarify"), Tone: ui.Warning, Icon: "alert"}
	case StatusSigned:
		return ui.Tag{Text: i18n.K("document.status_signed"), Tone: ui.Success, Icon: "signature"}
	}
	return ui.Tag{Text: i18n.K("document.status_uploaded"), Tone: ui.Info, Icon: "upload"}
}

// The last days of a document's validity, when the list begins to say so.
const (
	soonDays  = 92
	alarmDays = 30
)

// validityTag says how long a document is still valid on the day of now. until
// must not be empty.
func validityTag(until string, now time.Time) ui.Tag {
	day, err := time.Parse(time.DateOnly, until)
	today, _ := time.Parse(time.DateOnly, now.Format(time.DateOnly))
	left := int(day.Sub(today).Hours() / 24)
	switch {
	case err != nil || left < 0:
		return ui.Tag{Text: i18n.K("document.expired"), Tone: ui.Danger, Icon: "bad"}
	case left <= alarmDays:
		return ui.Tag{Text: i18n.K("document.days_left", "n", left+1), Tone: ui.Danger, Icon: "alarm-clock"}
	case left <= soonDays:
		return ui.Tag{Text: i18n.K("document.days_left", "n", left+1), Tone: ui.Warning, Icon: "clock"}
	}
	return ui.Tag{Text: i18n.K("document.valid"), Tone: ui.Success, Icon: "ok"}
}

func icon(f File) string {
	switch {
	case f.Type == Passport, f.Type == SNILS:
		return "id-card"
	case f.Format != PDF:
		return "image"
	}
	return "file-text"
}

func tone(f File) ui.Tone {
	if f.Flaw != Sound {
		return ui.Warning
	}
	return ui.Accent
}

// note is the line under a file's name: «PDF, 1,8 МБ, сегодня, 09:12».
func note(ctx context.Context, f File) string {
	kind := map[Format]string{PDF: "PDF", JPEG: "JPG", PNG: "PNG"}[f.Format]
	return kind + ", " + i18n.Bytes(ctx, f.Size) + " · " + i18n.When(ctx, f.At)
}

func flawText(f Flaw) i18n.Text { return i18n.K("document.flaw_" + string(f)) }

// known are the pairs of what an issued document says.
func known(ctx context.Context, f Facts) []ui.Pair {
	pairs := []ui.Pair{
		{Label: i18n.K("document.fact_title"), Value: f.Title.In(ctx)},
		{Label: i18n.K("document.fact_number"), Value: f.Number, Num: true},
		{Label: i18n.K("document.fact_agency"), Value: f.Agency.In(ctx)},
		{Label: i18n.K("document.fact_at"), Value: i18n.DateFull(ctx, f.At)},
	}
	until := i18n.T(ctx, "document.no_limit")
	if f.Until != "" {
		until = dayOf(ctx, f.Until)
	}
	pairs = append(pairs, ui.Pair{Label: i18n.K("document.valid_until"), Value: until})
	if f.Initials != "" {
		pairs = append(pairs, ui.Pair{Label: i18n.K("document.fact_holder"), Value: f.Initials})
	}
	return append(pairs,
		ui.Pair{Label: i18n.K("document.fact_signer"), Value: f.Signer},
		ui.Pair{Label: i18n.K("document.fact_serial"), Value: f.Serial, Num: true})
}

// fileTitle heads the form for a file: with a code on the page it is that
// document's, without any.
func fileTitle(p checkPage) i18n.Text {
	if p.Facts != nil && p.Verdict == nil {
		return i18n.K("document.compare_file")
	}
	return i18n.K("document.by_file")
}

func uiFile(f File) ui.File {
	file := ui.File{Name: f.Name, Href: "/documents/" + f.ID, Size: f.Size, State: statusTag(f.Status), Icon: icon(f)}
	if f.Flaw != Sound {
		file.Text = flawText(f.Flaw)
	}
	return file
}

// shortDay writes a day of the form 2006-01-02 for a table.
func shortDay(ctx context.Context, day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return i18n.DateShort(ctx, t.Add(9*time.Hour)) // the same day in all time zones of Russia
}
