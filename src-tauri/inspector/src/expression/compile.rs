//! From text to a tree that can be evaluated: names are resolved, functions known, patterns compiled.

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::parser::Parser;
use regex::{Regex, RegexBuilder};

use super::functions::Function;
use super::{Expression, ExpressionError, Names, Needs, Number, Place, Root};
use crate::limits;

/// Operators that take two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    In,
}

/// An expression, ready to be evaluated.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Box<str>),
    Root(Root),
    /// A variable of a comprehension, by its place among those around it.
    Local(usize),
    /// A field; with `test`, whether it is there.
    Select {
        of: Box<Node>,
        field: Box<str>,
        test: bool,
    },
    Index {
        of: Box<Node>,
        at: Box<Node>,
    },
    List(Vec<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Either {
        condition: Box<Node>,
        yes: Box<Node>,
        no: Box<Node>,
    },
    /// True unless it is false: a comprehension goes on behind an element that came to nothing.
    NotStrictlyFalse(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    /// Puts an element behind the list that a comprehension gathers, in place.
    Gather {
        list: usize,
        element: Box<Node>,
    },
    Matches {
        text: Box<Node>,
        pattern: Regex,
    },
    Call {
        function: Function,
        arguments: Vec<Node>,
    },
    /// A comprehension; `first` is the place of what it gathers, the element's is the next one.
    Loop(Box<Loop>),
}

/// The parts of a comprehension, as the language's macros write it.
#[derive(Debug, Clone)]
pub(super) struct Loop {
    pub(super) over: Node,
    pub(super) start: Node,
    pub(super) go_on: Node,
    pub(super) step: Node,
    pub(super) result: Node,
    pub(super) first: usize,
}

pub(super) fn parse(text: &str, names: Names) -> Result<Expression, ExpressionError> {
    check_text(text)?;
    let parsed = Parser::default()
        .max_recursion_depth(u16::try_from(limits::EXPRESSION_DEPTH).unwrap_or(u16::MAX))
        .parse_with_source_info(text);
    let (expression, source) = parsed.map_err(|errors| syntax_error(text, &errors.errors))?;
    let mut compiler = Compiler { text, source, names, locals: Vec::new(), needs: Needs::default(), depth: 0 };
    let node = compiler.node(&expression)?;
    Ok(Expression { text: text.to_owned(), node, needs: compiler.needs })
}

fn syntax_error(text: &str, errors: &[cel::ParseError]) -> ExpressionError {
    let Some(first) = errors.first() else { return error_at(text, 0, "this is no expression") };
    let place = Place {
        line: u32::try_from(first.pos.0).unwrap_or(1).max(1),
        column: u32::try_from(first.pos.1).unwrap_or(1).max(1),
    };
    let message = match first.msg.as_str() {
        "invalid argument to has() macro" => "has asks for a field, such as has(payload.a)".to_owned(),
        "argument must be a simple name" => "a plain name stands first here, such as exists(x, x > 1)".to_owned(),
        _ => misfit(text, place),
    };
    ExpressionError { message, place }
}

/// What does not fit at a place. The parser tells it in words of its grammar, which nobody who filters events has to know; what
/// stands there can be seen in the text.
fn misfit(text: &str, place: Place) -> String {
    let lines = text.lines().skip(place.line as usize - 1);
    let here: Vec<char> = lines.collect::<Vec<_>>().join("\n").chars().skip(place.column as usize - 1).collect();
    let here = &here[here.iter().take_while(|character| character.is_whitespace()).count()..];
    match here {
        [] => "the expression ends where something is still missing".to_owned(),
        ['"' | '\'', ..] if behind_text(here, 0) > here.len() || !is_closed(here) => {
            "this text has no closing quotation mark".to_owned()
        }
        [first, ..] => {
            let is_name = |character: &char| character.is_alphanumeric() || *character == '_';
            let count = here.iter().take_while(|character| is_name(character)).count();
            let shown: String =
                if is_name(first) { here[..count.min(SHOWN)].iter().collect() } else { first.to_string() };
            format!("`{shown}` does not belong here")
        }
    }
}

/// Characters of a name that are repeated in a message.
const SHOWN: usize = 40;

/// Whether the quoted text that begins here ends.
fn is_closed(characters: &[char]) -> bool {
    let end = behind_text(characters, 0);
    end >= 2 && end <= characters.len() && characters.get(end - 1) == characters.first()
}

/// An error at a character of the text.
fn error_at(text: &str, character: usize, message: impl Into<String>) -> ExpressionError {
    let before: String = text.chars().take(character).collect();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let fit = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    ExpressionError { message: message.into(), place: Place { line: fit(line), column: fit(column) } }
}

/// What is checked before the parser sees the text: its length, nesting (the parser recurses, also where it only looks
/// ahead), and numbers that the parser would round.
fn check_text(text: &str) -> Result<(), ExpressionError> {
    if text.len() > limits::EXPRESSION_BYTES {
        let message = format!("the expression has {} bytes; at most {} are read", text.len(), limits::EXPRESSION_BYTES);
        return Err(error_at(text, 0, message));
    }
    if text.trim().is_empty() {
        return Err(error_at(text, 0, "write a condition, for example event.type == \"MoneyDeposited\""));
    }
    let characters: Vec<char> = text.chars().collect();
    let (mut at, mut open, mut prefixes) = (0, 0_usize, 0_usize);
    while let Some(character) = characters.get(at) {
        match character {
            '"' | '\'' => {
                at = behind_text(&characters, at);
                prefixes = 0;
                continue;
            }
            '/' if characters.get(at + 1) == Some(&'/') => {
                while characters.get(at).is_some_and(|character| *character != '\n') {
                    at += 1;
                }
                continue;
            }
            '0'..='9' => {
                at = behind_number(text, &characters, at)?;
                prefixes = 0;
                continue;
            }
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '!' | '-' | '?' => prefixes += 1,
            character if character.is_alphanumeric() || *character == '_' => {
                while characters.get(at).is_some_and(|next| next.is_alphanumeric() || *next == '_') {
                    at += 1;
                }
                prefixes = 0;
                continue;
            }
            _ => {}
        }
        if open + prefixes > limits::EXPRESSION_DEPTH / 2 {
            let message = format!("nested too deeply: at most {} levels", limits::EXPRESSION_DEPTH / 2);
            return Err(error_at(text, at, message));
        }
        at += 1;
    }
    Ok(())
}

/// The character behind a quoted text that begins here.
fn behind_text(characters: &[char], start: usize) -> usize {
    let quote = characters[start];
    let is_quote = |at: usize| characters.get(at) == Some(&quote);
    let raw = start > 0 && matches!(characters[start - 1], 'r' | 'R');
    let triple = is_quote(start + 1) && is_quote(start + 2);
    let mut at = start + if triple { 3 } else { 1 };
    while at < characters.len() {
        if characters[at] == '\\' && !raw {
            at += 2;
        } else if is_quote(at) && (!triple || is_quote(at + 1) && is_quote(at + 2)) {
            return at + if triple { 3 } else { 1 };
        } else {
            at += 1;
        }
    }
    at
}

/// The character behind a number that begins here. The parser turns one with a point or an exponent into a float, which keeps
/// 15 digits for certain.
fn behind_number(text: &str, characters: &[char], start: usize) -> Result<usize, ExpressionError> {
    let mut at = start;
    let (mut fractional, mut digits) = (false, 0_usize);
    let hexadecimal = matches!(characters.get(start + 1), Some('x' | 'X'));
    while let Some(character) = characters.get(at) {
        let follows_exponent = matches!(characters.get(at.wrapping_sub(1)), Some('e' | 'E')) && fractional;
        match character {
            '0'..='9' => digits += usize::from(digits > 0 || *character != '0'),
            '.' if characters.get(at + 1).is_some_and(char::is_ascii_digit) => fractional = true,
            'e' | 'E' if !hexadecimal => fractional = true,
            '+' | '-' if follows_exponent && !hexadecimal => {}
            character if character.is_ascii_alphanumeric() => {}
            _ => break,
        }
        at += 1;
    }
    if fractional && digits > 15 {
        return Err(error_at(text, start, "a number with a point may have at most 15 digits here"));
    }
    Ok(at)
}

struct Compiler<'t> {
    text: &'t str,
    source: SourceInfo,
    names: Names,
    locals: Vec<String>,
    needs: Needs,
    depth: usize,
}

impl Compiler<'_> {
    fn error(&self, id: u64, message: impl Into<String>) -> ExpressionError {
        let start = self.source.offset_for(id).map_or(0, |(start, _)| start as usize);
        error_at(self.text, self.text.get(..start).unwrap_or_default().chars().count(), message)
    }

    fn boxed(&mut self, expression: &IdedExpr) -> Result<Box<Node>, ExpressionError> {
        self.node(expression).map(Box::new)
    }

    fn node(&mut self, expression: &IdedExpr) -> Result<Node, ExpressionError> {
        self.depth += 1;
        if self.depth > limits::EXPRESSION_DEPTH {
            let message = format!("nested too deeply: at most {} levels", limits::EXPRESSION_DEPTH);
            return Err(self.error(expression.id, message));
        }
        let node = match &expression.expr {
            Expr::Literal(literal) => self.literal(expression.id, literal),
            Expr::Ident(name) => self.name(expression.id, name),
            Expr::Select(select) => {
                let of = self.boxed(&select.operand)?;
                self.needs.metadata |= matches!(*of, Node::Root(Root::Event)) && select.field == "actor";
                if matches!(*of, Node::Root(Root::Event)) && !super::evaluate::EVENT_FIELDS.contains(&&*select.field) {
                    let known = super::evaluate::EVENT_FIELDS.join(", ");
                    return Err(self.error(expression.id, format!("an event has no {}; it has {known}", select.field)));
                }
                Ok(Node::Select { of, field: select.field.as_str().into(), test: select.test })
            }
            Expr::List(list) => {
                list.elements.iter().map(|element| self.node(element)).collect::<Result<_, _>>().map(Node::List)
            }
            Expr::Call(call) => self.call(expression.id, call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Map(_) | Expr::Struct(_) => {
                Err(self.error(expression.id, "objects cannot be written in a condition"))
            }
            Expr::Unspecified => Err(self.error(expression.id, "something is missing here")),
        }?;
        self.depth -= 1;
        Ok(node)
    }

    fn literal(&self, id: u64, literal: &LiteralValue) -> Result<Node, ExpressionError> {
        Ok(match literal {
            LiteralValue::Null => Node::Null,
            LiteralValue::Boolean(yes) => Node::Boolean(*yes.inner()),
            LiteralValue::Int(whole) => Node::Number(Number::from(i128::from(*whole.inner()))),
            LiteralValue::UInt(whole) => Node::Number(Number::from(*whole.inner())),
            // At most 15 digits were written, so the shortest text of the float is the number that was written.
            LiteralValue::Double(float) => {
                let exact = Number::parse(&float.inner().to_string());
                Node::Number(exact.ok_or_else(|| self.error(id, "this number has no exact form"))?)
            }
            LiteralValue::String(text) => Node::Text(text.inner().into()),
            LiteralValue::Bytes(_) => return Err(self.error(id, "bytes cannot be written in a condition")),
        })
    }

    fn name(&mut self, id: u64, name: &str) -> Result<Node, ExpressionError> {
        if let Some(local) = self.locals.iter().rposition(|local| local == name) {
            return Ok(Node::Local(local));
        }
        let root = match name {
            "event" => Root::Event,
            "payload" => Root::Payload,
            "metadata" => Root::Metadata,
            "state" => Root::State,
            field if self.names == Names::EventAndState => {
                self.needs.state = true;
                return Ok(Node::Select { of: Box::new(Node::Root(Root::State)), field: field.into(), test: false });
            }
            _ => {
                let message = format!("there is no {name}; the names are event, payload, metadata and state");
                return Err(self.error(id, message));
            }
        };
        match root {
            Root::Event => {}
            Root::Payload => self.needs.payload = true,
            Root::Metadata => self.needs.metadata = true,
            Root::State => self.needs.state = true,
        }
        Ok(Node::Root(root))
    }

    fn call(&mut self, id: u64, call: &CallExpr) -> Result<Node, ExpressionError> {
        let operands: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        match (call.func_name.as_str(), operands.as_slice()) {
            (operators::LOGICAL_NOT, [of]) => Ok(Node::Not(self.boxed(of)?)),
            (operators::NEGATE, [of]) => Ok(Node::Negate(self.boxed(of)?)),
            (operators::NOT_STRICTLY_FALSE, [of]) => Ok(Node::NotStrictlyFalse(self.boxed(of)?)),
            (operators::LOGICAL_AND, [left, right]) => Ok(Node::And(self.boxed(left)?, self.boxed(right)?)),
            (operators::LOGICAL_OR, [left, right]) => Ok(Node::Or(self.boxed(left)?, self.boxed(right)?)),
            (operators::INDEX, [of, at]) => Ok(Node::Index { of: self.boxed(of)?, at: self.boxed(at)? }),
            (operators::CONDITIONAL, [condition, yes, no]) => {
                Ok(Node::Either { condition: self.boxed(condition)?, yes: self.boxed(yes)?, no: self.boxed(no)? })
            }
            ("matches", [text, pattern]) => self.pattern(text, pattern),
            (name, [left, right]) if operator(name).is_some() => self.binary(name, left, right),
            (name, _) => self.function(id, name, call.target.is_some(), &operands),
        }
    }

    fn binary(&mut self, name: &str, left: &IdedExpr, right: &IdedExpr) -> Result<Node, ExpressionError> {
        // `gathered + [element]` is how the macros of the language write `map` and `filter`.
        if let (operators::ADD, Expr::Ident(list), Expr::List(elements)) = (name, &left.expr, &right.expr)
            && let Some(list) = self.locals.iter().rposition(|local| local == list)
            && list % 2 == 0
            && let [element] = elements.elements.as_slice()
        {
            return Ok(Node::Gather { list, element: self.boxed(element)? });
        }
        let operator = operator(name).unwrap_or(Operator::Equal);
        Ok(Node::Binary(operator, self.boxed(left)?, self.boxed(right)?))
    }

    fn pattern(&mut self, text: &IdedExpr, pattern: &IdedExpr) -> Result<Node, ExpressionError> {
        let Expr::Literal(LiteralValue::String(written)) = &pattern.expr else {
            return Err(self.error(pattern.id, "a pattern is written as a text: matches(\"^A.*\")"));
        };
        let compiled = RegexBuilder::new(written.inner()).size_limit(limits::PATTERN_BYTES).build();
        let pattern = compiled.map_err(|_| {
            let message = format!("{:?} is no regular expression: {}", written.inner(), pattern_fault(written.inner()));
            self.error(pattern.id, message)
        })?;
        Ok(Node::Matches { text: self.boxed(text)?, pattern })
    }

    fn function(&mut self, id: u64, name: &str, member: bool, operands: &[&IdedExpr]) -> Result<Node, ExpressionError> {
        let Some(function) = Function::named(name, member) else {
            return Err(self.error(id, format!("there is no function {name} here; there are {}", Function::names())));
        };
        if operands.len() != function.operands() {
            let message = format!("{name} takes {} values here, not {}", function.operands(), operands.len());
            return Err(self.error(id, message));
        }
        let arguments = operands.iter().map(|operand| self.node(operand)).collect::<Result<_, _>>()?;
        Ok(Node::Call { function, arguments })
    }

    fn comprehension(&mut self, comprehension: &ComprehensionExpr) -> Result<Node, ExpressionError> {
        let (over, start) = (self.node(&comprehension.iter_range)?, self.node(&comprehension.accu_init)?);
        let first = self.locals.len();
        self.locals.push(comprehension.accu_var.clone());
        self.locals.push(comprehension.iter_var.clone());
        let go_on = self.node(&comprehension.loop_cond)?;
        let step = self.node(&comprehension.loop_step)?;
        let result = self.node(&comprehension.result)?;
        self.locals.truncate(first);
        Ok(Node::Loop(Box::new(Loop { over, start, go_on, step, result, first })))
    }
}

/// What is wrong with a pattern.
fn pattern_fault(pattern: &str) -> String {
    use regex_syntax::ast::ErrorKind;
    let kind = match regex_syntax::ast::parse::Parser::new().parse(pattern) {
        Err(error) => error.kind().clone(),
        Ok(_) if regex_syntax::parse(pattern).is_err() => return "a part of it is wrong".to_owned(),
        Ok(_) => return format!("it is larger than {} bytes when made ready", limits::PATTERN_BYTES),
    };
    match kind {
        ErrorKind::GroupUnclosed | ErrorKind::GroupNameUnexpectedEof => "a group is not closed",
        ErrorKind::GroupUnopened => "a group is closed that was not opened",
        ErrorKind::ClassUnclosed => "a class of characters is not closed",
        ErrorKind::RepetitionMissing => "a repetition repeats nothing",
        ErrorKind::RepetitionCountInvalid
        | ErrorKind::RepetitionCountDecimalEmpty
        | ErrorKind::RepetitionCountUnclosed => "a repetition in braces is wrong",
        ErrorKind::EscapeUnrecognized | ErrorKind::EscapeUnexpectedEof => {
            "a backslash escapes nothing that could be escaped"
        }
        ErrorKind::UnsupportedLookAround => "it looks ahead or behind, which is not offered",
        ErrorKind::UnsupportedBackreference => "it refers to an earlier group, which is not offered",
        _ => "a part of it is wrong",
    }
    .to_owned()
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        operators::EQUALS => Operator::Equal,
        operators::NOT_EQUALS => Operator::NotEqual,
        operators::LESS => Operator::Less,
        operators::LESS_EQUALS => Operator::LessOrEqual,
        operators::GREATER => Operator::Greater,
        operators::GREATER_EQUALS => Operator::GreaterOrEqual,
        operators::ADD => Operator::Add,
        operators::SUBSTRACT => Operator::Subtract,
        operators::MULTIPLY => Operator::Multiply,
        operators::DIVIDE => Operator::Divide,
        operators::MODULO => Operator::Remainder,
        operators::IN => Operator::In,
        _ => return None,
    })
}
