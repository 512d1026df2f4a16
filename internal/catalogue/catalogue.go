package catalogue

import (
	"cmp"
	"slices"
	"strings"
	"unique"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/search"
	"kabinet/internal/platform/workcal"
)

var (
	// ErrNoService is a service that is not offered, or a version that never was.
	ErrNoService = fault.New(fault.NotFound, "catalogue.no_service")
	// ErrLoading is returned while the catalogue is still being read.
	ErrLoading = fault.New(fault.Unavailable, "catalogue.loading")
)

// Card is what lists show of a service.
type Card struct {
	Code        string
	Version     int `json:"-"`
	Number      string
	Rank        int `json:",omitempty"` // 0 is none
	Title       i18n.Words
	Summary     i18n.Words
	Agency      string
	Kind        Kind
	Category    string
	Type        string
	Situations  []string `json:",omitempty"`
	Documents   []string `json:",omitempty"` // kinds that are always needed
	Level       Level
	Fee         int64 // kopecks; 0 is free
	Term        Term
	FillMinutes int
	Icon        string
}

// record is a card with what only the search index needs, as it is stored.
type record struct {
	Format int // of this struct; another one is made anew from the definition
	Card
	Keywords    Keywords
	Description i18n.Words
	Who         i18n.Words
}

// recordFormat changes whenever record does.
const recordFormat = 1

func newRecord(d *Definition) record {
	c := Card{
		Code: d.Code, Number: d.Number, Rank: d.Rank, Title: d.Title, Summary: d.Summary, Agency: d.Agency, Kind: d.Kind,
		Category: d.Category, Type: d.Type, Situations: d.Situations, Level: d.Who.Level, Fee: d.Fee, Term: d.Term,
		FillMinutes: d.FillMinutes, Icon: d.Icon,
	}
	for _, doc := range d.Documents {
		if doc.Source != IfNeeded {
			c.Documents = append(c.Documents, doc.Kind)
		}
	}
	return record{recordFormat, c, d.Keywords, d.Description, d.Who.Text}
}

// Catalogue is all services at one moment. It does not change.
type Catalogue struct {
	cards    []Card // by rank, then by title
	byCode   map[string]int
	index    *search.Index
	lists    Lists
	agencies []Agency
	facets   Facets
}

// Facets are the values that filters offer: those that some service has.
type Facets struct {
	Categories []Entry
	Types      []Entry
	Documents  []Entry
	Agencies   []Agency
	Kinds      []Kind
	Free, Paid bool // whether there are services without and with a fee
}

func newCatalogue(records []record, lists Lists, agencies []Agency) *Catalogue {
	slices.SortFunc(records, func(a, b record) int {
		return cmp.Or(cmp.Compare(ranked(a.Rank), ranked(b.Rank)), cmp.Compare(a.Title.RU, b.Title.RU), cmp.Compare(a.Code, b.Code))
	})
	c := &Catalogue{lists: lists, agencies: agencies, byCode: make(map[string]int, len(records)), cards: make([]Card, len(records))}
	docs := make([]search.Doc, len(records))
	for i, r := range records {
		c.cards[i] = r.shared()
		c.byCode[r.Code] = i
		docs[i] = search.Doc{
			Titles: []string{r.Title.RU, r.Title.EN},
			Codes:  []string{r.Number, r.Code},
			Texts: []search.Text{
				{Text: strings.Join(r.Keywords.RU, ", "), Weight: 5},
				{Text: strings.Join(r.Keywords.EN, ", "), Weight: 5},
				{Text: r.Summary.RU + " " + r.Summary.EN, Weight: 3},
				{Text: r.Description.RU + " " + r.Description.EN, Weight: 1},
				{Text: r.Who.RU + " " + r.Who.EN, Weight: 1},
				{Text: c.Agency(r.Card.Agency).Name.RU + " " + c.Agency(r.Card.Agency).Name.EN, Weight: 2},
			},
		}
	}
	c.index = search.New(docs)
	c.facets = c.gather()
	return c
}

func (c *Catalogue) gather() Facets {
	var f Facets
	used := map[string]bool{}
	for i := range c.cards {
		card := &c.cards[i]
		used["category "+card.Category], used["type "+card.Type], used["agency "+card.Agency] = true, true, true
		for _, d := range card.Documents {
			used["document "+d] = true
		}
		if !slices.Contains(f.Kinds, card.Kind) {
			f.Kinds = append(f.Kinds, card.Kind)
		}
		f.Free, f.Paid = f.Free || card.Fee == 0, f.Paid || card.Fee > 0
	}
	pick := func(list []Entry, prefix string) (some []Entry) {
		for _, e := range list {
			if used[prefix+e.Code] {
				some = append(some, e)
			}
		}
		return some
	}
	f.Categories, f.Types = pick(c.lists.Categories, "category "), pick(c.lists.Types, "type ")
	f.Documents = pick(c.lists.Documents, "document ")
	for _, a := range c.agencies {
		if used["agency "+a.Code] {
			f.Agencies = append(f.Agencies, a)
		}
	}
	slices.Sort(f.Kinds)
	return f
}

// Facets returns the values that filters offer.
func (c *Catalogue) Facets() Facets { return c.facets }

// DocumentKind returns the entry of a kind of document.
func (c *Catalogue) DocumentKind(code string) Entry {
	if e := find(c.lists.Documents, code); e != nil {
		return *e
	}
	return Entry{Code: code, Icon: "file-text"}
}

// ranked puts what has no rank last.
func ranked(rank int) int {
	if rank == 0 {
		return 1 << 30
	}
	return rank
}

// shared returns the card with the texts that many cards have held once.
func (r *record) shared() Card {
	c := r.Card
	one := func(s string) string { return unique.Make(s).Value() }
	c.Agency, c.Category, c.Type, c.Icon = one(c.Agency), one(c.Category), one(c.Type), one(c.Icon)
	c.Kind, c.Level = Kind(one(string(c.Kind))), Level(one(string(c.Level)))
	c.Term.Unit = workcal.Unit(one(string(c.Term.Unit)))
	for i, s := range c.Situations {
		c.Situations[i] = one(s)
	}
	for i, d := range c.Documents {
		c.Documents[i] = one(d)
	}
	return c
}

// Len is the number of services.
func (c *Catalogue) Len() int { return len(c.cards) }

// Card returns the card of a service; ok is false when it is not offered.
func (c *Catalogue) Card(code string) (card Card, ok bool) {
	i, ok := c.byCode[code]
	if !ok {
		return Card{}, false
	}
	return c.cards[i], true
}

// Agency returns an agency, one with only its code when it is not known.
func (c *Catalogue) Agency(code string) Agency {
	for _, a := range c.agencies {
		if a.Code == code {
			return a
		}
	}
	return Agency{Code: code, Name: i18n.Words{RU: code}, Short: i18n.Words{RU: code}}
}

// Agencies returns all agencies in the order of their file.
func (c *Catalogue) Agencies() []Agency { return c.agencies }

// Popular returns the cards of the highest rank.
func (c *Catalogue) Popular(limit int) []Card {
	cards := c.cards[:min(limit, len(c.cards))]
	if i := slices.IndexFunc(cards, func(card Card) bool { return card.Rank == 0 }); i >= 0 {
		return cards[:i]
	}
	return cards
}

// Situation is a life situation with how many services it has.
type Situation struct {
	Entry
	Services int
}

// Situations returns the life situations that have services.
func (c *Catalogue) Situations() []Situation {
	var all []Situation
	for _, e := range c.lists.Situations {
		n := 0
		for i := range c.cards {
			if slices.Contains(c.cards[i].Situations, e.Code) {
				n++
			}
		}
		if n > 0 {
			all = append(all, Situation{e, n})
		}
	}
	return all
}

// Speed is how soon an answer comes, for the filter.
type Speed string

const (
	AnySpeed Speed = ""
	AtOnce   Speed = "now"   // within the day
	Week     Speed = "week"  // up to seven days
	Month    Speed = "month" // up to thirty days
)

// Order is how the list is sorted.
type Order string

const (
	ByFit   Order = ""      // what was searched for, else by rank
	ByTitle Order = "title" // by name in the reader's language
	BySpeed Order = "speed" // the soonest answer first
)

// Query narrows the catalogue. Empty parts do not narrow; values of one part
// widen each other, except documents, all of which must be needed.
type Query struct {
	Text       string
	Categories []string
	Types      []string
	Documents  []string
	Situation  string
	Agency     string
	Kind       Kind
	Free       bool
	Speed      Speed
	Level      Level // only what an account of this level may use
	Order      Order
	Lang       i18n.Lang
	Offset     int
	Limit      int // 0 is all
}

// Found is a page of the catalogue.
type Found struct {
	Total     int
	Cards     []Card
	Corrected string // what was searched for instead of the text; empty: the text
	Known     bool   // every word of the text stands in some service
}

// Find returns the services that a query asks for.
func (c *Catalogue) Find(q Query) Found {
	keep := func(i int) bool { return q.keeps(&c.cards[i]) }
	var found Found
	var places []int
	if strings.TrimSpace(q.Text) != "" {
		r := c.index.Find(search.Query{Text: q.Text, Keep: keep})
		places, found.Corrected, found.Known = r.Docs, r.Corrected, r.Known
	} else {
		for i := range c.cards {
			if keep(i) {
				places = append(places, i)
			}
		}
	}
	c.sort(places, q)
	found.Total = len(places)
	places = places[min(q.Offset, len(places)):]
	if q.Limit > 0 {
		places = places[:min(q.Limit, len(places))]
	}
	for _, i := range places {
		found.Cards = append(found.Cards, c.cards[i])
	}
	return found
}

func (c *Catalogue) sort(places []int, q Query) {
	switch q.Order {
	case ByTitle:
		slices.SortStableFunc(places, func(a, b int) int {
			if q.Lang == i18n.EN {
				return cmp.Compare(c.cards[a].Title.EN, c.cards[b].Title.EN)
			}
			return cmp.Compare(c.cards[a].Title.RU, c.cards[b].Title.RU)
		})
	case BySpeed:
		slices.SortStableFunc(places, func(a, b int) int {
			return cmp.Compare(c.cards[a].Term.days(), c.cards[b].Term.days())
		})
	}
}

func (q *Query) keeps(c *Card) bool {
	if len(q.Categories) > 0 && !slices.Contains(q.Categories, c.Category) ||
		len(q.Types) > 0 && !slices.Contains(q.Types, c.Type) ||
		q.Situation != "" && !slices.Contains(c.Situations, q.Situation) ||
		q.Agency != "" && c.Agency != q.Agency ||
		q.Kind != "" && c.Kind != q.Kind ||
		q.Free && c.Fee > 0 ||
		q.Level != "" && !q.Level.Allows(c.Level) {
		return false
	}
	for _, d := range q.Documents {
		if !slices.Contains(c.Documents, d) {
			return false
		}
	}
	switch q.Speed {
	case AtOnce:
		return c.Term.days() == 0
	case Week:
		return c.Term.days() <= 7
	case Month:
		return c.Term.days() <= 30
	}
	return true
}

// Suggest returns the cards whose titles begin as typed, see search.Index.
func (c *Catalogue) Suggest(typed string, limit int) []Card {
	var cards []Card
	for _, i := range c.index.Suggest(typed, limit) {
		cards = append(cards, c.cards[i])
	}
	return cards
}
