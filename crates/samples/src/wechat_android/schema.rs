//! Tables of `EnMicroMsg.db` and `WxFileIndex.db`.

/// Tables that are written before any row.
pub(super) const TABLES: &str = "
CREATE TABLE message(msgId INTEGER PRIMARY KEY, msgSvrId INTEGER, type INT, status INT, isSend INT, isShowTimer INTEGER, createTime INTEGER, talker TEXT, content TEXT, imgPath TEXT, reserved TEXT, lvbuffer BLOB, transContent TEXT, transBrandWording TEXT, talkerId INTEGER, bizClientMsgId TEXT, bizChatId INTEGER DEFAULT -1, bizChatUserId TEXT, msgSeq INTEGER, flag INT, solitaireFoldInfo BLOB, historyId TEXT);
CREATE TABLE bottlemessage(msgId INTEGER PRIMARY KEY, msgSvrId INTEGER, type INT, status INT, isSend INT, isShowTimer INTEGER, createTime INTEGER, talker TEXT, content TEXT, imgPath TEXT, reserved TEXT, lvbuffer BLOB, transContent TEXT, transBrandWording TEXT, talkerId INTEGER);
CREATE TABLE rcontact(username TEXT PRIMARY KEY, alias TEXT, conRemark TEXT, domainList TEXT, nickname TEXT, pyInitial TEXT, quanPin TEXT, showHead INTEGER, type INTEGER, uiType LONG, weiboFlag INTEGER, weiboNickname TEXT, conRemarkPYFull TEXT, conRemarkPYShort TEXT, lvbuff BLOB, verifyFlag INTEGER, encryptUsername TEXT, chatroomFlag INTEGER, deleteFlag INTEGER, contactLabelIds TEXT, descWordingId TEXT, openImAppid TEXT, sourceExtInfo TEXT, ticket TEXT, usernameFlag LONG, contactExtra BLOB, createTime LONG);
CREATE TABLE chatroom(chatroomname TEXT PRIMARY KEY, addtime LONG, memberlist TEXT, displayname TEXT, chatroomnick TEXT, roomflag INTEGER, roomowner TEXT, roomdata BLOB, isShowname INTEGER, selfDisplayName TEXT, style INTEGER, chatroomdataflag INTEGER, modifytime LONG, chatroomnotice TEXT, xmlChatroomnotice TEXT, chatroomVersion INTEGER, memberCount INTEGER DEFAULT -1);
CREATE TABLE img_flag(username VARCHAR(40) PRIMARY KEY, imgflag int, lastupdatetime int, reserved1 text, reserved2 text, reserved3 int, reserved4 int, updateflag int);
CREATE TABLE ImgInfo2(id INTEGER PRIMARY KEY, msgSvrId LONG, offset INT, totalLen INT, bigImgPath TEXT, thumbImgPath TEXT, createtime INT, msglocalid INT, status INT, nettimes INT, reserved1 int, reserved2 int, reserved3 text, reserved4 text, hashdthumb int, iscomplete INT, origImgMD5 TEXT, compressType INT, midImgPath TEXT, forwardType INT, hevcPath TEXT, sendImgType INT, originSourceMd5 TEXT, msgTalker TEXT);
CREATE TABLE voiceinfo(FileName TEXT PRIMARY KEY, User TEXT, MsgId INT, NetOffset INT, FileNowSize INT, TotalLen INT, Status INT, CreateTime INT, LastModifyTime INT, ClientId TEXT, VoiceLength INT, MsgLocalId INT, Human TEXT, reserved1 INT, reserved2 TEXT, MsgSource TEXT, MsgFlag INT, MsgSeq INT, MasterBufId INT, checksum INT, VoiceFlag INT, VoiceInfoExt BLOB, MsgTalker TEXT);
CREATE TABLE videoinfo2(filename text PRIMARY KEY, clientid text, msgsvrid int, netoffset int, filenowsize int, totallen int, status int, createtime long, lastmodifytime long, videolength int, msglocalid int, user text, human text, videomd5 text, video_path text, origin_file_name text, msg_talker text);
CREATE TABLE EmojiInfo(md5 TEXT PRIMARY KEY, svrid TEXT, catalog INTEGER, type INTEGER, size INTEGER, start INTEGER, state INTEGER, name TEXT, content TEXT, reserved1 TEXT, reserved2 TEXT, reserved3 INTEGER, reserved4 INTEGER, app_id TEXT, groupId TEXT, lastUseTime LONG, framesInfo TEXT, idx INTEGER, temp INTEGER, source INTEGER, needupload INTEGER, designerID TEXT, thumbUrl TEXT, cdnUrl TEXT, encrypturl TEXT, aeskey TEXT, width INTEGER, height INTEGER);
CREATE TABLE EmojiInfoDesc(md5_lang TEXT PRIMARY KEY, md5 TEXT, lang TEXT, desc TEXT, groupId TEXT, click_flag INTEGER, download_flag INTEGER);
CREATE TABLE appattach(appId TEXT, sdkVer LONG, mediaSvrId TEXT, mediaId TEXT, clientAppDataId TEXT, type LONG, totalLen LONG, offset LONG, status LONG, isUpload INTEGER, createTime LONG, lastModifyTime LONG, fileFullPath TEXT, fullXml TEXT, msgInfoId LONG, netTimes LONG, isUseCdn INTEGER, signature TEXT, fakeAeskey TEXT, fakeSignature TEXT, msgInfoTalker TEXT);
CREATE TABLE AppMessage(msgId LONG PRIMARY KEY, xml TEXT, appId TEXT, title TEXT, description TEXT, source TEXT, type INTEGER, msgSvrId LONG, msgTalker TEXT);
CREATE TABLE MsgQuote(msgId LONG PRIMARY KEY, msgSvrId LONG, quotedMsgId LONG, quotedMsgSvrId LONG, status INTEGER, quotedMsgTalker TEXT);
CREATE TABLE rconversation(msgCount INTEGER, username TEXT PRIMARY KEY, unReadCount INTEGER, chatmode INTEGER, status INTEGER, isSend INTEGER, conversationTime LONG, content TEXT, msgType TEXT, digest TEXT, digestUser TEXT, parentRef TEXT, attrflag INTEGER, atCount INTEGER, lastSeq LONG);
CREATE TABLE userinfo(id INTEGER PRIMARY KEY, type INT, value TEXT);
CREATE TABLE userinfo2(sid TEXT PRIMARY KEY, type INT, value TEXT);
CREATE TABLE ContactLabel(labelID TEXT PRIMARY KEY, labelName TEXT, labelPYFull TEXT, labelPYShort TEXT, createTime LONG, isTemporary INTEGER);";

/// Indexes of the message table, made when it is full.
pub(super) const INDEXES: &str = "
CREATE INDEX messageCreateTalkerTimeIndex ON message(talker, createTime);
CREATE INDEX messageSvrIdIndex ON message(msgSvrId);
CREATE INDEX messageTypeIndex ON message(type);";

/// The database that lists files by message.
pub(super) const FILE_INDEX: &str = "
CREATE TABLE WxFileIndex3(msgId LONG, username TEXT, msgType INTEGER, msgSubType INTEGER, path TEXT, size LONG, msgtime LONG, hash BLOB, diskSpace LONG, linkUUID BLOB);
CREATE INDEX msgid_username_index ON WxFileIndex3(msgId, username, msgSubType);";

/// Adds a message.
pub(super) const INSERT: &str = "INSERT INTO message(msgId, msgSvrId, type, status, isSend, isShowTimer, createTime, talker, content, imgPath, reserved, lvbuffer, talkerId, bizClientMsgId, msgSeq, flag) VALUES(?1,?2,?3,?4,?5,1,?6,?7,?8,?9,NULL,?10,?11,'',?12,0)";
