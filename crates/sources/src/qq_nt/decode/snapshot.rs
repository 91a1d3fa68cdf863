//! Messages inside messages (40900), reaction counts (40062) and the names of friend groups (25011).

use crate::qq::wire::messages;

messages! {
    /// A cached message: the columns of a row as tags; its elements are fields 40800 of the same message.
    Snapshot {
        40001 number id,
        40003 number sequence,
        40011 number kind,
        40020 bytes sender_uid,
        40033 number sender_uin,
        40050 number time,
        40090 bytes card,
        40093 bytes nick,
    }
    /// How often one emoji was given as an answer.
    ReactionCount {
        48301 bytes emoji,
        48302 number kind,
        48303 number count,
    }
    /// A group of friends.
    Category {
        25007 number id,
        25008 bytes name,
    }
    /// A notice to a group.
    Bulletin {
        64225 number time,
        64227 bytes content,
    }
    /// The content of a notice.
    BulletinContent {
        64242 bytes lines,
    }
    /// Its words.
    BulletinWords {
        64452 bytes text,
    }
}

impl<'a> Bulletin<'a> {
    /// The words of the notice.
    pub(in crate::qq_nt) fn words(&self) -> Option<&'a [u8]> {
        let content = BulletinContent::read(self.content?);
        BulletinWords::read(content.lines?).text
    }
}
