//! Accounts that the user says are one human being, and saved searches.

use hutong_archive::{Likeness, Reader};
use hutong_model::{Account, AccountId, Platform, Record};
use hutong_search::Query;

use crate::world::{Home, START, people, person, record, text};

fn qq(number: &str) -> AccountId {
    AccountId::new(&Platform::Qq, number)
}

fn qq_account(number: &str, nickname: &str) -> Record {
    Record::Account(Account {
        id: qq(number),
        platform: Some(Platform::Qq),
        native_id: number.to_owned(),
        nickname: Some(nickname.to_owned()),
        ..Account::default()
    })
}

fn home() -> Home {
    let mut home = Home::new();
    let mut records = people();
    records.push(qq_account("10086123", "林海"));
    records.push(qq_account("20086123", "别人"));
    records.push(record(text(0, 1, 0, 1, "林海在微信")));
    records.push(record(text(0, 2, 1, 2, "外婆在微信")));
    let mut message = text(2, 3, 2, 1, "林海在QQ");
    message.sender = Some(qq("10086123"));
    records.push(record(message));
    home.import(&records);
    home
}

fn found(reader: &mut Reader, home: &Home, words: &str) -> usize {
    let names = home.archive.names().unwrap();
    let query = Query::parse(words, &jiff::tz::TimeZone::UTC).unwrap();
    let selection = home.archive.select(query, &names).unwrap();
    let mut count = 0;
    reader
        .search::<hutong_archive::ArchiveError>(&selection, &mut |_| {
            count += 1;
            Ok(true)
        })
        .unwrap();
    count
}

#[test]
fn joined_accounts_are_one_person_until_they_are_taken_apart() {
    let mut home = home();
    assert!(home.archive.persons().unwrap().is_empty());
    let mut reader = home.archive.reader().unwrap();
    assert_eq!(found(&mut reader, &home, "from:wxid_lin_hai"), 1);

    let moved = home
        .archive
        .join_accounts(person(1), qq("10086123"), START)
        .unwrap();
    assert_eq!(moved, Some(vec![qq("10086123")]));
    let mut reader = home.archive.reader().unwrap();
    assert_eq!(found(&mut reader, &home, "from:wxid_lin_hai"), 2);
    assert_eq!(found(&mut reader, &home, "from:10086123"), 2);
    assert_eq!(found(&mut reader, &home, "-from:10086123"), 1);
    // What was joined is joined for whoever opens the archive next.
    home.archive.refresh().unwrap();
    assert_eq!(home.archive.same_person(person(1)).len(), 2);
    assert_eq!(home.archive.persons().unwrap().len(), 1);
    assert_eq!(
        home.archive
            .join_accounts(qq("10086123"), person(1), START)
            .unwrap(),
        Some(Vec::new())
    );

    assert!(home.archive.separate_accounts(&[person(1)]).unwrap());
    assert!(!home.archive.separate_accounts(&[person(1)]).unwrap());
    let mut reader = home.archive.reader().unwrap();
    assert_eq!(found(&mut reader, &home, "from:wxid_lin_hai"), 1);
    assert!(home.archive.persons().unwrap().is_empty());
}

#[test]
fn undoing_a_join_of_two_persons_brings_both_back() {
    let mut home = home();
    home.archive
        .join_accounts(person(1), qq("10086123"), 1)
        .unwrap();
    home.archive.join_accounts(person(2), person(3), 2).unwrap();
    let before = home.archive.persons().unwrap();
    let moved = home
        .archive
        .join_accounts(person(1), person(3), 3)
        .unwrap()
        .unwrap();
    assert_eq!(moved.len(), 2);
    assert_eq!(home.archive.same_person(person(2)).len(), 4);
    assert!(home.archive.separate_accounts(&moved).unwrap());
    let sets = |persons: Vec<hutong_archive::Person>| {
        persons
            .into_iter()
            .map(|person| person.accounts)
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(sets(home.archive.persons().unwrap()), sets(before));
    // The account by whose number a person goes may leave it, and comes back as itself.
    home.archive.join_accounts(person(1), person(0), 4).unwrap();
    assert!(home.archive.separate_accounts(&[person(1)]).unwrap());
    assert_eq!(home.archive.same_person(person(1)), [person(1)]);
    assert_eq!(home.archive.same_person(person(0)).len(), 2);
    home.archive.join_accounts(person(1), person(2), 5).unwrap();
    assert_eq!(home.archive.same_person(person(1)).len(), 3);
    assert_eq!(home.archive.same_person(person(0)).len(), 2);
}

#[test]
fn an_account_that_is_not_there_is_joined_with_nobody() {
    let mut home = home();
    assert_eq!(
        home.archive
            .join_accounts(person(1), qq("404404404"), 0)
            .unwrap(),
        None
    );
    assert_eq!(
        home.archive.join_accounts(person(1), person(1), 0).unwrap(),
        Some(Vec::new())
    );
    assert!(!home.archive.separate_accounts(&[qq("404404404")]).unwrap());
    assert!(home.archive.persons().unwrap().is_empty());
}

#[test]
fn likeness_is_only_suggested_and_says_why() {
    let mut home = home();
    let names = home.archive.names().unwrap();
    let suggested = home.archive.suggest_persons(&names, 10);
    assert_eq!(suggested.len(), 1, "{suggested:?}");
    assert_eq!(suggested[0].reason, Likeness::Name("林海".to_owned()));
    assert!(home.archive.persons().unwrap().is_empty());
    home.archive
        .join_accounts(suggested[0].account, suggested[0].other, 0)
        .unwrap();
    assert!(home.archive.suggest_persons(&names, 10).is_empty());
}

#[test]
fn searches_are_kept_by_name_and_forgotten() {
    let home = home();
    let first = home
        .archive
        .keep_search("合同", "合同 from:me", 1)
        .unwrap()
        .unwrap();
    home.archive
        .keep_search("年夜饭", "kind:image 年夜饭", 2)
        .unwrap()
        .unwrap();
    assert_eq!(
        home.archive.keep_search("合同", "合同", 3).unwrap(),
        Some(first)
    );
    let kept = home.archive.saved_searches().unwrap();
    assert_eq!(kept.len(), 2);
    assert!(
        kept.iter()
            .any(|search| search.number == first && search.query == "合同")
    );
    assert_eq!(home.archive.keep_search("", "x", 4).unwrap(), None);
    assert_eq!(
        home.archive
            .keep_search("长", &"长".repeat(5000), 4)
            .unwrap(),
        None
    );
    assert!(home.archive.forget_search(first).unwrap());
    assert!(!home.archive.forget_search(first).unwrap());
    assert_eq!(home.archive.saved_searches().unwrap().len(), 1);
}
