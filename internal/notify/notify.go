package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
)

var (
	// ErrNoNotice is returned for a notice that does not exist, was deleted or
	// is somebody else's.
	ErrNoNotice = fault.New(fault.NotFound, "notify.no_notice")
	// ErrRefused is what Options.Mail and Options.SMS wrap when the partner will
	// never take this message: there is no such mailbox or number.
	ErrRefused = errors.New("the partner refused the message for good")
)

// Level is how a notice is marked.
type Level string

// The levels, by the colour and the sign of a notice.
const (
	Info    Level = "info"
	Success Level = "success"
	Warning Level = "warning" // something is to be done
	Danger  Level = "danger"
)

// Topics are what feeds can be narrowed down to. Each has a text
// "notify.topic_" + topic.
const (
	TopicApplication  = "application"
	TopicDocument     = "document"
	TopicSecurity     = "security"
	TopicPerson       = "person" // personal data, contacts, the account's level
	TopicPayment      = "payment"
	TopicAppointment  = "appointment"
	TopicMandate      = "mandate"
	TopicOrganisation = "organisation"
	TopicSupport      = "support"
	TopicService      = "service" // new and changed services
	TopicLaw          = "law"
	TopicPortal       = "portal" // planned works
)

// topics is all of them, in the order of the select on the page.
var topics = []string{TopicApplication, TopicDocument, TopicPayment, TopicAppointment, TopicSecurity, TopicPerson,
	TopicMandate, TopicOrganisation, TopicSupport, TopicService, TopicLaw, TopicPortal}

// Notice is what somebody is to be told.
type Notice struct {
	Owner        string     // account ID
	Key          string     // of the event, unique for the owner; IDs only: "application/ID/7"
	Title, Text  string     // message keys; Text may be ""
	Args         []any      // name, value pairs for both: string, int, int64, i18n.Words, i18n.Text, Day, Moment, Sum
	Link         string     // path of the page it is about; "" for none
	Topic        string     // one of the Topics
	Level        Level      // "" is Info
	SMS          bool       // also by SMS, for what must be known at once
	Quiet        bool       // only in the feed: nothing to do, and more to come
	ServiceTitle i18n.Words // of the service it is about; zero for none
}

// Arguments that become words when the notice is read.
type (
	Day    struct{ time.Time } // «4 декабря»
	Moment struct{ time.Time } // «4 декабря, 10:30»
	Sum    int64               // kopecks: «500 ₽»
)

func (n *Notice) check() error {
	switch {
	case n.Owner == "" || n.Key == "":
		return errors.New("a notice without owner or key")
	case n.Title == "":
		return errors.New("a notice without title")
	case !slices.Contains(topics, n.Topic):
		return fmt.Errorf("%q is no topic", n.Topic)
	case n.Link != "" && !strings.HasPrefix(n.Link, "/"):
		return fmt.Errorf("a notice links to pages of the portal only")
	case len(n.Args)%2 != 0:
		return fmt.Errorf("arguments are name, value pairs")
	}
	return nil
}

// Item is a notice as it stands in the feed.
type Item struct {
	ID      string
	At      time.Time
	Read    bool
	Topic   string
	Level   Level
	Link    string
	Service i18n.Words

	title, text string
	args        []arg
	sms         bool
}

// Title returns the headline in the reader's language.
func (i Item) Title(ctx context.Context) string { return i18n.T(ctx, i.title, values(ctx, i.args)...) }

// Text returns what there is to say besides, "" for nothing.
func (i Item) Text(ctx context.Context) string {
	if i.text == "" {
		return ""
	}
	return i18n.T(ctx, i.text, values(ctx, i.args)...)
}

// TopicText names the topic.
func (i Item) TopicText() i18n.Text { return topicText(i.Topic) }

func topicText(topic string) i18n.Text { return i18n.K("notify.topic_" + topic) }

// Filter narrows a feed down. The zero Filter shows everything.
type Filter struct {
	Unread bool
	Since  time.Time // zero: from the beginning
	Topic  string    // "" for all
}

// Contact is where a person can be told something.
type Contact struct {
	Phone string // E.164, confirmed; "" for none
	Email string // confirmed; "" for none
	Lang  i18n.Lang
	Name  string // how to address them; "" when it is not known
}

// Message is a letter.
type Message struct {
	ID      string // stays the same when the letter has to be sent again
	To      string
	Subject string
	Text    string
	HTML    string
}

// Channel is a way to tell somebody something besides the feed.
type Channel string

// The channels.
const (
	Mail Channel = "mail"
	SMS  Channel = "sms"
)

// State is what became of a message.
type State string

// The states. Sending, when it lasts, means that the process died while the
// partner had the message.
const (
	Sending State = "sending"
	Waiting State = "waiting" // the partner is down: it will be tried again
	Sent    State = "sent"
	Failed  State = "failed" // given up
)

// Delivery is one message of one notice.
type Delivery struct {
	Channel  Channel
	To       string // masked
	State    State
	Attempts int
	Repeats  int       // of them, after a crash that left open whether the message had gone out
	SentAt   time.Time // zero until it was sent
}

// Record is a notice in the history of messages.
type Record struct {
	Item
	Deliveries []Delivery
}
