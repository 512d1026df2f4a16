package catalogue

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/workcal"
)

// pageSize is how many services stand on a page of the catalogue.
const pageSize = 20

// maxText is the longest text in letters that is searched for.
const maxText = 200

// listPage is the catalogue with what narrows it.
type listPage struct {
	c         *Catalogue
	q         Query
	mine      bool // only what this account may use
	levelled  bool // the account's level is known
	found     Found
	situation *Entry
}

// readQuery reads the address of the catalogue. What it does not know is left out.
func readQuery(v url.Values) (q Query, mine bool) {
	known := func(value string, all ...string) string {
		if slices.Contains(all, value) {
			return value
		}
		return ""
	}
	q = Query{
		Text:       web.Clean(v.Get("q")),
		Categories: v["category"],
		Types:      v["type"],
		Documents:  v["document"],
		Situation:  v.Get("situation"),
		Agency:     v.Get("agency"),
		Kind:       Kind(known(v.Get("kind"), string(Federal), string(Regional))),
		Free:       v.Get("free") != "",
		Speed:      Speed(known(v.Get("speed"), string(AtOnce), string(Week), string(Month))),
		Order:      Order(known(v.Get("sort"), string(ByTitle), string(BySpeed))),
		Limit:      pageSize,
	}
	if r := []rune(q.Text); len(r) > maxText {
		q.Text = string(r[:maxText])
	}
	if n, err := strconv.Atoi(v.Get("from")); err == nil && n > 0 && n < 1_000_000 {
		q.Offset = n
	}
	return q, v.Get("mine") != ""
}

// values is the address of the page without its place in the list.
func (p *listPage) values() url.Values {
	v := url.Values{}
	set := func(key, value string) {
		if value != "" {
			v.Set(key, value)
		}
	}
	set("q", p.q.Text)
	set("situation", p.q.Situation)
	set("agency", p.q.Agency)
	set("kind", string(p.q.Kind))
	set("speed", string(p.q.Speed))
	set("sort", string(p.q.Order))
	if p.q.Free {
		v.Set("free", "on")
	}
	if p.mine {
		v.Set("mine", "on")
	}
	for key, list := range map[string][]string{"category": p.q.Categories, "type": p.q.Types, "document": p.q.Documents} {
		for _, value := range list {
			v.Add(key, value)
		}
	}
	return v
}

func address(v url.Values) string {
	if len(v) == 0 {
		return "/services"
	}
	return "/services?" + v.Encode()
}

// without is the address with one value of a filter removed.
func (p *listPage) without(key, value string) string {
	v := p.values()
	v[key] = slices.DeleteFunc(slices.Clone(v[key]), func(s string) bool { return s == value })
	if len(v[key]) == 0 {
		v.Del(key)
	}
	return address(v)
}

// chips are the filters in force, each with a link that removes it.
func (p *listPage) chips() []ui.Choice {
	var chips []ui.Choice
	add := func(key, value string, text i18n.Text) {
		chips = append(chips, ui.Choice{Href: p.without(key, value), Text: text, Remove: true})
	}
	if p.situation != nil {
		add("situation", p.q.Situation, p.situation.Title.Text())
	}
	for _, list := range []struct {
		key     string
		chosen  []string
		entries []Entry
	}{
		{"category", p.q.Categories, p.c.lists.Categories}, {"type", p.q.Types, p.c.lists.Types},
		{"document", p.q.Documents, p.c.lists.Documents},
	} {
		for _, value := range list.chosen {
			if e := find(list.entries, value); e != nil {
				add(list.key, value, e.Title.Text())
			}
		}
	}
	if p.q.Agency != "" {
		add("agency", p.q.Agency, p.c.Agency(p.q.Agency).Short.Text())
	}
	if p.q.Kind != "" {
		add("kind", string(p.q.Kind), kindText(p.q.Kind))
	}
	if p.q.Speed != "" {
		add("speed", string(p.q.Speed), speedText(p.q.Speed))
	}
	if p.q.Free {
		add("free", "on", i18n.K("catalogue.free_only"))
	}
	if p.mine {
		add("mine", "on", i18n.K("catalogue.mine_only"))
	}
	return chips
}

// bare is the address with the text but without filters.
func (p *listPage) bare() string {
	v := url.Values{}
	if p.q.Text != "" {
		v.Set("q", p.q.Text)
	}
	return address(v)
}

func (p *listPage) pages() ui.Pages {
	at := func(offset int) string {
		v := p.values()
		if offset > 0 {
			v.Set("from", strconv.Itoa(offset))
		}
		return address(v)
	}
	var pages ui.Pages
	if p.q.Offset > 0 {
		pages.Newer = at(max(0, p.q.Offset-pageSize))
	}
	if p.q.Offset+pageSize < p.found.Total {
		pages.Older = at(p.q.Offset + pageSize)
	}
	return pages
}

func (p *listPage) title() i18n.Text {
	if p.situation != nil {
		return p.situation.Title.Text()
	}
	return i18n.K("catalogue.title")
}

func options(list []Entry) []ui.Option {
	all := make([]ui.Option, len(list))
	for i, e := range list {
		all[i] = ui.Option{Value: e.Code, Text: e.Title.Text()}
	}
	return all
}

func (p *listPage) agencyOptions() []ui.Option {
	all := []ui.Option{{Text: i18n.K("catalogue.any_agency")}}
	for _, a := range p.c.facets.Agencies {
		all = append(all, ui.Option{Value: a.Code, Text: a.Short.Text()})
	}
	return all
}

func (p *listPage) kindOptions() []ui.Option {
	all := []ui.Option{{Text: i18n.K("catalogue.any_kind")}}
	for _, k := range p.c.facets.Kinds {
		all = append(all, ui.Option{Value: string(k), Text: kindText(k)})
	}
	return all
}

func (p *listPage) speedOptions() []ui.Option {
	all := []ui.Option{{Text: i18n.K("catalogue.any_speed")}}
	for _, s := range []Speed{AtOnce, Week, Month} {
		all = append(all, ui.Option{Value: string(s), Text: speedText(s)})
	}
	return all
}

func (p *listPage) orderOptions() []ui.Option {
	return []ui.Option{
		{Text: i18n.K("catalogue.by_fit")},
		{Value: string(ByTitle), Text: i18n.K("catalogue.by_title")},
		{Value: string(BySpeed), Text: i18n.K("catalogue.by_speed")},
	}
}

func input(name string, label i18n.Text, value string) *web.Field {
	return &web.Field{Name: name, Label: label, Value: value}
}

func checked(name string, label i18n.Text, on bool) *web.Field {
	f := input(name, label, "")
	if on {
		f.Value = "on"
	}
	return f
}

func kindText(k Kind) i18n.Text {
	if k == Federal {
		return i18n.K("catalogue.federal")
	}
	return i18n.K("catalogue.regional")
}

func speedText(s Speed) i18n.Text {
	switch s {
	case AtOnce:
		return i18n.K("catalogue.speed_now")
	case Week:
		return i18n.K("catalogue.speed_week")
	}
	return i18n.K("catalogue.speed_month")
}

// termText is «до 10 рабочих дней».
func termText(t Term) i18n.Text {
	switch t.Unit {
	case Minutes:
		return i18n.K("catalogue.term_minutes", "n", t.Length)
	case workcal.Hours:
		return i18n.K("catalogue.term_hours", "n", t.Length)
	case workcal.CalendarDays:
		return i18n.K("catalogue.term_calendar_days", "n", t.Length)
	case workcal.Months:
		return i18n.K("catalogue.term_months", "n", t.Length)
	}
	return i18n.K("catalogue.term_working_days", "n", t.Length)
}

func feeText(ctx context.Context, kopecks int64) string {
	if kopecks == 0 {
		return i18n.T(ctx, "catalogue.free")
	}
	return i18n.Money(ctx, kopecks)
}

func cardHref(code string) string { return "/services/" + code }

// cardFacts is what a card says: documents, cost, term, and who answers.
func (c *Catalogue) cardFacts(ctx context.Context, card Card) []ui.Pair {
	var documents []string
	for i, d := range card.Documents {
		title := c.DocumentKind(d).Title.In(ctx)
		if i > 0 && strings.ToUpper(title) != title { // «Паспорт, свидетельство о рождении, СНИЛС»
			title = lowered(title)
		}
		documents = append(documents, title)
	}
	needed := strings.Join(documents, ", ")
	if needed == "" {
		needed = i18n.T(ctx, "catalogue.no_documents")
	}
	return []ui.Pair{
		{Label: i18n.K("catalogue.documents"), Value: needed},
		{Label: i18n.K("catalogue.cost"), Value: feeText(ctx, card.Fee)},
		{Label: i18n.K("catalogue.term"), Value: raised(termText(card.Term).In(ctx))},
		{Label: kindText(card.Kind), Value: c.Agency(card.Agency).Short.In(ctx)},
	}
}

// lowered begins a text with a small letter.
func lowered(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return strings.ToLower(s[:size]) + s[size:]
}

// raised begins a text with a capital letter.
func raised(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:size]) + s[size:]
}

// servicePage is one service with what is known of the one who looks.
type servicePage struct {
	c       *Catalogue
	d       *Definition
	due     workcal.Due
	dueOK   bool // the calendar holds the year
	signed  bool
	tooLow  bool // the account's level does not suffice
	draft   *Draft
	similar []similarCard
}

type similarCard struct {
	hint i18n.Words
	card Card
}

func (p *servicePage) facts(ctx context.Context) []ui.Pair {
	visits := i18n.T(ctx, "catalogue.visits_n", "n", p.d.Visits)
	if p.d.Visits == 0 {
		visits = i18n.T(ctx, "catalogue.visits_none")
	}
	if p.d.VisitNote.RU != "" {
		visits = p.d.VisitNote.In(ctx)
	}
	return []ui.Pair{
		{Label: i18n.K("catalogue.term"), Value: raised(termText(p.d.Term).In(ctx))},
		{Label: i18n.K("catalogue.cost"), Value: feeText(ctx, p.d.Fee)},
		{Label: i18n.K("catalogue.filling"), Value: raised(i18n.T(ctx, "catalogue.filling_minutes", "n", p.d.FillMinutes))},
		{Label: i18n.K("catalogue.visits"), Value: visits},
	}
}

// answer is «Ответ до 4 декабря», or by the clock when it comes within the day.
func (p *servicePage) answer(ctx context.Context) string {
	if p.d.Term.days() == 0 && (p.d.Term.Unit == Minutes || p.d.Term.Unit == workcal.Hours) || !p.dueOK {
		return i18n.T(ctx, "catalogue.answer_within", "term", termText(p.d.Term))
	}
	// The end is the first moment after the last day: the day itself is said.
	return i18n.T(ctx, "catalogue.answer_by", "day", i18n.Date(ctx, p.due.End.Add(-1)))
}

func (p *servicePage) steps() []ui.Step {
	steps := make([]ui.Step, len(p.d.Steps))
	for i, s := range p.d.Steps {
		steps[i] = ui.Step{Title: s.Title.Text(), Text: s.Text.Text()}
	}
	return steps
}

func sourceTag(s Source) ui.Tag {
	switch s {
	case FromProfile:
		return ui.Tag{Text: i18n.K("catalogue.from_profile"), Tone: ui.Success, Icon: "user-check"}
	case Upload:
		return ui.Tag{Text: i18n.K("catalogue.to_upload"), Icon: "upload"}
	}
	return ui.Tag{Text: i18n.K("catalogue.if_needed"), Icon: "info"}
}

func levelText(l Level) i18n.Text {
	switch l {
	case Simplified:
		return i18n.K("catalogue.level_simplified")
	case Standard:
		return i18n.K("catalogue.level_standard")
	}
	return i18n.K("catalogue.level_confirmed")
}

// Start is what the public start page shows of the catalogue.
type Start struct {
	Popular    []Card
	Situations []Situation
	Queries    []string // what is often searched for, at most four
}

// often are links to what others look for or, as long as too few people
// searched, to the first services as examples.
func (v Start) often(ctx context.Context) []ui.Link {
	var links []ui.Link
	for _, q := range v.Queries {
		links = append(links, ui.Link{Href: address(url.Values{"q": {q}}), Text: i18n.Words{RU: q, EN: q}.Text()})
	}
	if len(links) > 0 {
		return links
	}
	const examples = 3
	for _, card := range v.Popular[:min(examples, len(v.Popular))] {
		text := lowered(card.Title.In(ctx))
		links = append(links, ui.Link{Href: cardHref(card.Code), Text: i18n.Words{RU: text, EN: text}.Text()})
	}
	return links
}

// suggestions are the lines under the search box: services, then what others
// often search for.
func suggestions(ctx context.Context, typed string, cards []Card, popular []string) []ui.Suggestion {
	var list []ui.Suggestion
	for _, card := range cards {
		s := ui.Suggestion{Href: cardHref(card.Code), Text: card.Title.In(ctx), Kind: i18n.K("catalogue.suggest_service")}
		s.Hit, s.End = highlight(s.Text, typed)
		list = append(list, s)
	}
	for _, text := range popular {
		s := ui.Suggestion{Href: address(url.Values{"q": {text}}), Text: text, Kind: i18n.K("catalogue.suggest_popular"), Icon: "history"}
		s.Hit, s.End = highlight(s.Text, typed)
		list = append(list, s)
	}
	return list
}

// highlight finds the last word typed at the beginning of a word of the text,
// in bytes. Equal ends mark nothing.
func highlight(text, typed string) (from, to int) {
	words := strings.Fields(typed)
	if len(words) == 0 {
		return 0, 0
	}
	fold := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "ё", "е") }
	folded, word := fold(text), fold(words[len(words)-1])
	if len(folded) != len(text) {
		return 0, 0 // a letter that changes its length when lowered
	}
	for at := 0; ; {
		i := strings.Index(folded[at:], word)
		if i < 0 {
			return 0, 0
		}
		i += at
		before, _ := utf8.DecodeLastRuneInString(folded[:i])
		if i == 0 || strings.ContainsRune(" \u00a0-«(", before) {
			return i, i + len(word)
		}
		at = i + len(word)
	}
}
