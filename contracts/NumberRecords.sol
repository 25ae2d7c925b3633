// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {INumberRecords} from "./interfaces/INumberRecords.sol";
import {INumberRegistry} from "./interfaces/INumberRegistry.sol";
import {OwnerSigned} from "./lib/OwnerSigned.sol";

/// @title What an owner writes about a number
/// @notice See INumberRecords.
contract NumberRecords is OwnerSigned, INumberRecords {
    struct Records {
        bytes32 credential;
        bytes32 backup;
        bytes32 messageKey;
        uint32 hub;
        /// the KDF's id xor DEFAULT_KDF: so a credential without parameters needs no second slot
        uint8 kdfMask;
        bool answersVerified;
        /// the block whose CredentialSet has the KDF's parameters; 0 when they are empty
        uint48 kdfParametersBlock;
        /// of their keccak256 as much as there is room for in this slot; zero when they are empty
        bytes20 kdfParametersHash;
    }

    uint8 private constant DEFAULT_KDF = 1;

    /// @notice Says how long a KDF's parameters may be, in octets.
    /// @return The length.
    // Every index keeps them for every number. KDF 2 takes some 40 octets a hub: there is room for two dozen.
    uint256 public constant MAX_KDF_PARAMETERS = 1024;

    uint8 private constant CREDENTIAL = 1;
    uint8 private constant HUB = 2;
    uint8 private constant BACKUP = 4;
    uint8 private constant MESSAGE_KEY = 8;
    uint8 private constant ANSWERS_VERIFIED = 16;
    uint8 private constant ALL_FIELDS = CREDENTIAL | HUB | BACKUP | MESSAGE_KEY | ANSWERS_VERIFIED;

    bytes32 private constant SET_CREDENTIAL_TYPEHASH = keccak256(
        "SetCredential(uint256 number,uint64 epoch,bytes32 hash,uint8 kdf,bytes parameters,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant CLEAR_CREDENTIAL_TYPEHASH =
        keccak256("ClearCredential(uint256 number,uint64 epoch,uint256 nonce,uint256 deadline)");
    bytes32 private constant SET_HUB_TYPEHASH =
        keccak256("SetHub(uint256 number,uint64 epoch,uint32 hubId,uint256 nonce,uint256 deadline)");
    bytes32 private constant SET_BACKUP_TYPEHASH = keccak256(
        "SetBackup(uint256 number,uint64 epoch,bytes32 expected,bytes32 next,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant SET_MESSAGE_KEY_TYPEHASH =
        keccak256("SetMessageKey(uint256 number,uint64 epoch,bytes32 key,uint256 nonce,uint256 deadline)");
    bytes32 private constant SET_ANSWERS_VERIFIED_TYPEHASH = keccak256(
        "SetAnswersVerified(uint256 number,uint64 epoch,bool promised,uint256 nonce,uint256 deadline)"
    );
    bytes private constant UPDATE_TYPE =
        "Update(uint8 fields,bytes32 credential,uint8 kdf,bytes kdfParameters,uint32 hub,bytes32 expectedBackup,bytes32 backup,bytes32 messageKey,bool answersVerified)";
    bytes32 private constant UPDATE_TYPEHASH = keccak256(UPDATE_TYPE);
    bytes32 private constant SET_MANY_TYPEHASH = keccak256(
        abi.encodePacked("SetMany(uint256 number,uint64 epoch,Update update,uint256 nonce,uint256 deadline)", UPDATE_TYPE)
    );

    /// @notice The registry whose numbers have records here.
    /// @return The registry.
    INumberRegistry public immutable registry;
    bytes32 private immutable _cachedSeparator;
    uint256 private immutable _cachedChainId;

    /// Keyed by number and epoch, so that what was written in an earlier epoch is out of reach.
    // It is written through the pointers that _recordsAt gives.
    // slither-disable-next-line uninitialized-state
    mapping(uint256 key => Records) private _records;

    /// @param registry_ The registry whose numbers have records here, linked or not.
    constructor(INumberRegistry registry_) {
        registry = registry_;
        _cachedSeparator = registry_.DOMAIN_SEPARATOR();
        _cachedChainId = block.chainid;
    }

    /// @inheritdoc INumberRecords
    function setCredential(uint256 number, bytes32 hash, uint8 kdf, bytes calldata parameters) external {
        _setCredential(number, _requireOwner(number), hash, kdf, parameters);
    }

    /// @inheritdoc INumberRecords
    function setCredentialFor(
        uint256 number,
        bytes32 hash,
        uint8 kdf,
        bytes calldata parameters,
        uint256 deadline,
        bytes calldata signature
    ) external {
        (address owner, uint64 epoch) = _custody(number);
        bytes32 structHash = keccak256(
            abi.encode(
                SET_CREDENTIAL_TYPEHASH, number, epoch, hash, kdf, keccak256(parameters), _useNonce(owner), deadline
            )
        );
        _requireSigned(owner, structHash, deadline, signature);
        _setCredential(number, epoch, hash, kdf, parameters);
    }

    /// @inheritdoc INumberRecords
    function clearCredential(uint256 number) external {
        _clearCredential(number, _requireOwner(number));
    }

    /// @inheritdoc INumberRecords
    function clearCredentialFor(uint256 number, uint256 deadline, bytes calldata signature) external {
        (address owner, uint64 epoch) = _custody(number);
        bytes32 structHash =
            keccak256(abi.encode(CLEAR_CREDENTIAL_TYPEHASH, number, epoch, _useNonce(owner), deadline));
        _requireSigned(owner, structHash, deadline, signature);
        _clearCredential(number, epoch);
    }

    /// @inheritdoc INumberRecords
    function setHub(uint256 number, uint32 hubId) external {
        _setHub(number, _requireOwner(number), hubId);
    }

    /// @inheritdoc INumberRecords
    function setHubFor(uint256 number, uint32 hubId, uint256 deadline, bytes calldata signature) external {
        (address owner, uint64 epoch) = _custody(number);
        bytes32 structHash = keccak256(abi.encode(SET_HUB_TYPEHASH, number, epoch, hubId, _useNonce(owner), deadline));
        _requireSigned(owner, structHash, deadline, signature);
        _setHub(number, epoch, hubId);
    }

    /// @inheritdoc INumberRecords
    function setBackup(uint256 number, bytes32 expected, bytes32 next) external {
        _setBackup(number, _requireOwner(number), expected, next);
    }

    /// @inheritdoc INumberRecords
    function setBackupFor(uint256 number, bytes32 expected, bytes32 next, uint256 deadline, bytes calldata signature)
        external
    {
        (address owner, uint64 epoch) = _custody(number);
        bytes32 structHash =
            keccak256(abi.encode(SET_BACKUP_TYPEHASH, number, epoch, expected, next, _useNonce(owner), deadline));
        _requireSigned(owner, structHash, deadline, signature);
        _setBackup(number, epoch, expected, next);
    }

    /// @inheritdoc INumberRecords
    function setMessageKey(uint256 number, bytes32 key) external {
        _setMessageKey(number, _requireOwner(number), key);
    }

    /// @inheritdoc INumberRecords
    function setMessageKeyFor(uint256 number, bytes32 key, uint256 deadline, bytes calldata signature) external {
        (address owner, uint64 epoch) = _custody(number);
        bytes32 structHash =
            keccak256(abi.encode(SET_MESSAGE_KEY_TYPEHASH, number, epoch, key, _useNonce(owner), deadline));
        _requireSigned(owner, structHash, deadline, signature);
        _setMessageKey(number, epoch, key);
    }

    /// @inheritdoc INumberRecords
    function setAnswersVerified(uint256 number, bool promised) external {
        _setAnswersVerified(number, _requireOwner(number), promised);
    }

    /// @inheritdoc INumberRecords
    function setAnswersVerifiedFor(uint256 number, bool promised, uint256 deadline, bytes calldata signature) external {
        (address owner, uint64 epoch) = _custody(number);
        bytes32 structHash =
            keccak256(abi.encode(SET_ANSWERS_VERIFIED_TYPEHASH, number, epoch, promised, _useNonce(owner), deadline));
        _requireSigned(owner, structHash, deadline, signature);
        _setAnswersVerified(number, epoch, promised);
    }

    /// @inheritdoc INumberRecords
    function setMany(uint256 number, Update calldata update) external {
        _setMany(number, _requireOwner(number), update);
    }

    /// @inheritdoc INumberRecords
    function setManyFor(uint256 number, Update calldata update, uint256 deadline, bytes calldata signature) external {
        (address owner, uint64 epoch) = _custody(number);
        bytes32 structHash =
            keccak256(abi.encode(SET_MANY_TYPEHASH, number, epoch, _hashOf(update), _useNonce(owner), deadline));
        _requireSigned(owner, structHash, deadline, signature);
        _setMany(number, epoch, update);
    }

    /// @inheritdoc INumberRecords
    function recordsOf(uint256 number)
        external
        view
        returns (
            bytes32 credential,
            uint8 kdf,
            bytes20 kdfParametersHash,
            uint32 hub,
            bytes32 backup,
            bytes32 messageKey,
            bool answersVerified,
            uint48 kdfParametersBlock
        )
    {
        (, uint64 epoch) = _custody(number);
        Records storage r = _recordsAt(number, epoch);
        credential = r.credential;
        kdf = credential == 0 ? 0 : r.kdfMask ^ DEFAULT_KDF;
        return (
            credential,
            kdf,
            r.kdfParametersHash,
            r.hub,
            r.backup,
            r.messageKey,
            r.answersVerified,
            r.kdfParametersBlock
        );
    }

    function _domainSeparator() internal view override returns (bytes32) {
        // A fork of the chain has another id, and the registry another separator there.
        return block.chainid == _cachedChainId ? _cachedSeparator : registry.DOMAIN_SEPARATOR();
    }

    function _setMany(uint256 number, uint64 epoch, Update calldata update) private {
        uint8 fields = update.fields;
        if (fields == 0 || fields & ~ALL_FIELDS != 0) revert UnknownFields(fields);
        if (fields & CREDENTIAL != 0) {
            bytes calldata parameters = update.kdfParameters;
            if (update.credential == 0 && update.kdf == 0 && parameters.length == 0) _clearCredential(number, epoch);
            else _setCredential(number, epoch, update.credential, update.kdf, parameters);
        }
        if (fields & HUB != 0) _setHub(number, epoch, update.hub);
        if (fields & BACKUP != 0) _setBackup(number, epoch, update.expectedBackup, update.backup);
        if (fields & MESSAGE_KEY != 0) _setMessageKey(number, epoch, update.messageKey);
        if (fields & ANSWERS_VERIFIED != 0) _setAnswersVerified(number, epoch, update.answersVerified);
    }

    function _setCredential(uint256 number, uint64 epoch, bytes32 hash, uint8 kdf, bytes calldata parameters) private {
        if (hash == 0 || kdf == 0) revert InvalidCredential(hash, kdf);
        uint256 length = parameters.length;
        if (length > MAX_KDF_PARAMETERS) revert KdfParametersTooLong(length, MAX_KDF_PARAMETERS);
        Records storage r = _recordsAt(number, epoch);
        r.credential = hash;
        r.kdfMask = kdf ^ DEFAULT_KDF;
        bool empty = length == 0;
        r.kdfParametersBlock = empty ? 0 : uint48(block.number);
        r.kdfParametersHash = empty ? bytes20(0) : bytes20(keccak256(parameters));
        emit CredentialSet(number, epoch, hash, kdf, parameters);
    }

    function _clearCredential(uint256 number, uint64 epoch) private {
        Records storage r = _recordsAt(number, epoch);
        r.credential = 0;
        r.kdfMask = 0;
        r.kdfParametersBlock = 0;
        r.kdfParametersHash = 0;
        emit CredentialSet(number, epoch, 0, 0, "");
    }

    function _setHub(uint256 number, uint64 epoch, uint32 hubId) private {
        _recordsAt(number, epoch).hub = hubId;
        emit HubSet(number, epoch, hubId);
    }

    function _setBackup(uint256 number, uint64 epoch, bytes32 expected, bytes32 next) private {
        Records storage r = _recordsAt(number, epoch);
        bytes32 actual = r.backup;
        if (actual != expected) revert BackupConflict(number, expected, actual);
        r.backup = next;
        emit BackupSet(number, epoch, next);
    }

    function _setMessageKey(uint256 number, uint64 epoch, bytes32 key) private {
        _recordsAt(number, epoch).messageKey = key;
        emit MessageKeySet(number, epoch, key);
    }

    function _setAnswersVerified(uint256 number, uint64 epoch, bool promised) private {
        _recordsAt(number, epoch).answersVerified = promised;
        emit AnswersVerifiedSet(number, epoch, promised);
    }

    function _requireOwner(uint256 number) private view returns (uint64) {
        (address owner, uint64 epoch) = _custody(number);
        if (msg.sender != owner) revert NotOwner(number, msg.sender, owner);
        return epoch;
    }

    function _custody(uint256 number) private view returns (address owner, uint64 epoch) {
        // The session counter is not asked for.
        // slither-disable-next-line unused-return
        (owner, epoch,) = registry.custodyOf(number);
    }

    function _recordsAt(uint256 number, uint64 epoch) private view returns (Records storage) {
        // A number that somebody holds fits 50 bits, so no two pairs meet.
        return _records[(number << 64) | epoch];
    }

    /// @dev As EIP-712 hashes a struct: what has no fixed length by its own hash.
    function _hashOf(Update calldata update) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                UPDATE_TYPEHASH,
                update.fields,
                update.credential,
                update.kdf,
                keccak256(update.kdfParameters),
                update.hub,
                update.expectedBackup,
                update.backup,
                update.messageKey,
                update.answersVerified
            )
        );
    }
}
